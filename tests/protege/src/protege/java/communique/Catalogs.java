package communique;

import java.io.File;
import java.net.URI;
import java.util.List;
import org.protege.editor.owl.model.library.NextCatalogManager;
import org.protege.editor.owl.model.library.OntologyCatalogManager;
import org.protege.editor.owl.model.library.UriEntryManager;
import org.protege.editor.owl.model.library.folder.FolderGroupManager;
import org.protege.editor.owl.model.library.folder.ImportByNameManager;

/**
 * Asks Protégé where it finds an ontology once a file of a folder is open.
 *
 * <p>Arguments: the ontology's IRI; the folders. Writes a line for each folder: the word redirect,
 * the folder and the place, separated by tabs.
 */
public final class Catalogs {
    private Catalogs() {}

    public static void main(String[] arguments) {
        URI ontology = URI.create(arguments[0]);
        for (String folder : List.of(arguments).subList(1, arguments.length)) {
            OntologyCatalogManager manager = new OntologyCatalogManager(List.of(
                new FolderGroupManager(), new UriEntryManager(), new NextCatalogManager(),
                new ImportByNameManager()));
            manager.addFolder(new File(folder));
            System.out.println("redirect\t" + folder + "\t"
                + manager.getRedirectForUri(ontology).map(URI::getPath).orElse(""));
        }
    }
}
