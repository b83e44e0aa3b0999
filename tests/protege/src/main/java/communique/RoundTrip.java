package communique;

import java.io.File;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.semanticweb.HermiT.ReasonerFactory;
import org.semanticweb.owlapi.apibinding.OWLManager;
import org.semanticweb.owlapi.formats.TurtleDocumentFormat;
import org.semanticweb.owlapi.io.FileDocumentSource;
import org.semanticweb.owlapi.io.RDFParserMetaData;
import org.semanticweb.owlapi.model.IRI;
import org.semanticweb.owlapi.model.OWLClass;
import org.semanticweb.owlapi.model.OWLDocumentFormat;
import org.semanticweb.owlapi.model.OWLOntology;
import org.semanticweb.owlapi.model.OWLOntologyCreationException;
import org.semanticweb.owlapi.model.OWLOntologyIRIMapper;
import org.semanticweb.owlapi.model.OWLOntologyManager;
import org.semanticweb.owlapi.profiles.OWL2DLProfile;
import org.semanticweb.owlapi.profiles.OWL2RLProfile;
import org.semanticweb.owlapi.profiles.OWLProfile;
import org.semanticweb.owlapi.profiles.OWLProfileViolation;
import org.semanticweb.owlapi.reasoner.OWLReasoner;
import org.semanticweb.owlapi.util.SimpleIRIMapper;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Does to Turtle files what Protégé does: loads them, checks their profile, reasons and saves.
 *
 * <p>Arguments: the OASIS catalog; the dataset's folder; the folder to save to; the files, relative
 * to the dataset's. Imports are resolved by the catalog alone. What is found goes to standard
 * output, a line for each finding, its parts separated by tabs. Compiles against OWL API 4 and 5.
 */
public final class RoundTrip {
    private final Collection<OWLOntologyIRIMapper> mappers = new ArrayList<>();
    private final File root;

    private RoundTrip(File catalog, File root) throws Exception {
        this.root = root;
        NodeList entries = DocumentBuilderFactory.newInstance().newDocumentBuilder()
            .parse(catalog).getElementsByTagName("uri");
        for (int i = 0; i < entries.getLength(); i++) {
            Element entry = (Element) entries.item(i);
            File file = new File(catalog.getParentFile(), entry.getAttribute("uri"));
            mappers.add(new SimpleIRIMapper(
                IRI.create(entry.getAttribute("name")), IRI.create(file.getCanonicalFile())));
        }
    }

    public static void main(String[] arguments) throws Exception {
        RoundTrip run = new RoundTrip(new File(arguments[0]), new File(arguments[1]));
        File output = new File(arguments[2]);
        List<String> files = List.of(arguments).subList(3, arguments.length);
        for (String file : files) {
            run.roundTrip(file, new File(output, file));
        }
        run.reason("ontology", files.stream().filter(f -> f.startsWith("ontology/")));
        run.reason("all", files.stream().filter(f -> !f.startsWith("shapes/")));
    }

    /** Loads a file alone, with what it imports, reports on it and saves it. */
    private void roundTrip(String file, File saved) throws Exception {
        OWLOntologyManager manager = manager();
        OWLOntology ontology = load(manager, file);
        print("axioms", file, ontology.getAxiomCount(), ontology.getLogicalAxiomCount());
        for (Object triple : unparsed(manager.getOntologyFormat(ontology))) {
            print("unparsed", file, triple);
        }
        for (OWLProfile profile : List.of(new OWL2DLProfile(), new OWL2RLProfile())) {
            for (OWLProfileViolation violation : profile.checkOntology(ontology).getViolations()) {
                print("violation", file, profile.getName(), violation);
            }
        }
        saved.getParentFile().mkdirs();
        manager.saveOntology(ontology, manager.getOntologyFormat(ontology), IRI.create(saved));
    }

    /** Reasons over some files together. */
    private void reason(String name, Stream<String> files) throws Exception {
        OWLOntologyManager manager = manager();
        for (String file : files.collect(Collectors.toList())) {
            load(manager, file);
        }
        OWLOntology merged = manager.createOntology(IRI.create("urn:communique:" + name));
        for (OWLOntology each : List.copyOf(manager.getOntologies())) {
            manager.addAxioms(merged, each.getAxioms());
        }
        for (OWLProfileViolation violation
                : new OWL2DLProfile().checkOntology(merged).getViolations()) {
            print("violation", name, "OWL 2 DL", violation);
        }
        OWLReasoner reasoner = new ReasonerFactory().createReasoner(merged);
        boolean consistent = reasoner.isConsistent();
        print("consistent", name, consistent, merged.getAxiomCount());
        if (consistent) {
            for (OWLClass each : reasoner.getUnsatisfiableClasses().getEntitiesMinusBottom()) {
                print("unsatisfiable", name, each);
            }
        }
        reasoner.dispose();
    }

    private OWLOntologyManager manager() {
        OWLOntologyManager manager = OWLManager.createOWLOntologyManager();
        for (OWLOntologyIRIMapper mapper : mappers) {
            manager.getIRIMappers().add(mapper);
        }
        return manager;
    }

    /** Loads a file as Turtle and as nothing else, unless it was loaded before. */
    private OWLOntology load(OWLOntologyManager manager, String file)
            throws OWLOntologyCreationException {
        File path = new File(root, file);
        IRI place = IRI.create(path);
        for (OWLOntology each : manager.getOntologies()) {
            if (manager.getOntologyDocumentIRI(each).equals(place)) {
                return each;
            }
        }
        return manager.loadOntologyFromOntologyDocument(
            new FileDocumentSource(path, new TurtleDocumentFormat()));
    }

    /** The triples that the parser could not make an axiom of. */
    private static Collection<?> unparsed(OWLDocumentFormat format) {
        Object data = format.getOntologyLoaderMetaData();
        if (data instanceof Optional) {
            data = ((Optional<?>) data).orElseThrow();
        }
        Object triples = ((RDFParserMetaData) data).getUnparsedTriples();
        return triples instanceof Stream
            ? ((Stream<?>) triples).collect(Collectors.toList()) : (Collection<?>) triples;
    }

    private static void print(Object... parts) {
        System.out.println(Stream.of(parts).map(String::valueOf)
            .map(part -> part.replaceAll("[\\t\\r\\n]+", " "))
            .collect(Collectors.joining("\t")));
    }
}
