package communique;

import java.io.File;
import java.util.HashSet;
import java.util.Set;
import org.semanticweb.owlapi.apibinding.OWLManager;
import org.semanticweb.owlapi.model.IRI;
import org.semanticweb.owlapi.model.OWLAxiom;
import org.semanticweb.owlapi.model.OWLOntology;
import org.semanticweb.owlapi.model.OWLOntologyIRIMapper;
import org.semanticweb.owlapi.model.OWLOntologyManager;

/**
 * Loads ontologies by their IRIs from a server, and compares them with the files.
 *
 * <p>Arguments: the beginning of the project's IRIs; the server's URL; then in pairs the IRI of an
 * ontology and its file. Imports come from the server as well. For each it writes to standard
 * output the IRI, how many axioms the server's has, and how many are in only one of the two, their
 * parts separated by tabs. Compiles against OWL API 4 and 5.
 */
public final class Served {
    private Served() { }

    public static void main(String[] arguments) throws Exception {
        String base = arguments[0];
        OWLOntologyIRIMapper mapper = iri -> iri.toString().startsWith(base)
            ? IRI.create(arguments[1] + iri.toString().substring(base.length())) : null;
        for (int i = 2; i < arguments.length; i += 2) {
            OWLOntologyManager manager = manager(mapper);
            Set<OWLAxiom> served = axioms(manager.loadOntology(IRI.create(arguments[i])));
            manager = manager(mapper);
            Set<OWLAxiom> filed =
                axioms(manager.loadOntologyFromOntologyDocument(new File(arguments[i + 1])));
            Set<OWLAxiom> missing = new HashSet<>(filed);
            missing.removeAll(served);
            Set<OWLAxiom> excess = new HashSet<>(served);
            excess.removeAll(filed);
            System.out.println(String.join("\t",
                arguments[i],
                String.valueOf(served.size()),
                String.valueOf(missing.size()),
                String.valueOf(excess.size())));
        }
    }

    private static OWLOntologyManager manager(OWLOntologyIRIMapper mapper) {
        OWLOntologyManager manager = OWLManager.createOWLOntologyManager();
        manager.getIRIMappers().add(mapper);
        return manager;
    }

    @SuppressWarnings("deprecation") // of version 5, which has streams too
    private static Set<OWLAxiom> axioms(OWLOntology ontology) {
        return ontology.getAxioms();
    }
}
