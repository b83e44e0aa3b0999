import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Map;
import org.apache.jena.rdf.model.InfModel;
import org.apache.jena.rdf.model.Model;
import org.apache.jena.rdf.model.ModelFactory;
import org.apache.jena.rdf.model.StmtIterator;
import org.apache.jena.reasoner.Reasoner;
import org.apache.jena.reasoner.ReasonerRegistry;
import org.apache.jena.riot.Lang;
import org.apache.jena.riot.RDFDataMgr;
import org.apache.jena.riot.system.StreamRDF;
import org.apache.jena.riot.system.StreamRDFWriter;

/**
 * Measures Jena's rule reasoners for OWL: {@code Closure micro|mini|full FACTS.nt [OUT.nt]}.
 *
 * <p>They work forwards and backwards; the closure is complete once every triple that follows has
 * been listed, so that is what is timed.
 */
public final class Closure {
    private Closure() {}

    public static void main(String[] arguments) {
        Map<String, Reasoner> reasoners = Map.of(
                "micro", ReasonerRegistry.getOWLMicroReasoner(),
                "mini", ReasonerRegistry.getOWLMiniReasoner(),
                "full", ReasonerRegistry.getOWLReasoner());
        long start = System.nanoTime();
        Model facts = ModelFactory.createDefaultModel();
        RDFDataMgr.read(facts, arguments[1], Lang.NTRIPLES);
        long loaded = System.nanoTime();
        InfModel closure = ModelFactory.createInfModel(reasoners.get(arguments[0]), facts);
        closure.prepare();
        long prepared = System.nanoTime();
        long total = 0;
        StmtIterator statements = closure.listStatements();
        while (statements.hasNext()) {
            statements.next();
            total++;
        }
        long listed = System.nanoTime();
        System.out.printf(
                Locale.ROOT,
                "{\"seconds\": {\"load\": %.6f, \"prepare\": %.6f, \"list\": %.6f}, "
                        + "\"asserted\": %d, \"total\": %d}%n",
                (loaded - start) / 1e9,
                (prepared - loaded) / 1e9,
                (listed - prepared) / 1e9,
                facts.size(),
                total);
        if (arguments.length > 2) {
            write(closure, arguments[2]);
        }
    }

    private static void write(Model closure, String path) {
        try (OutputStream out = new BufferedOutputStream(new FileOutputStream(path))) {
            StreamRDF stream = StreamRDFWriter.getWriterStream(out, Lang.NTRIPLES);
            stream.start();
            closure.getGraph().find().forEachRemaining(stream::triple);
            stream.finish();
        } catch (java.io.IOException error) {
            throw new java.io.UncheckedIOException(error);
        }
    }
}
