// Asks a SPARQL endpoint with Comunica: node ask.mjs TYPE URL FILE…
// TYPE is "sparql", or "auto" to have Comunica find out by itself what the URL is. For each query
// it writes one line of JSON: the variables, and the rows as the values of the terms.
import { readFile } from "node:fs/promises";
import { QueryEngine } from "@comunica/query-sparql";

const [type, value, ...files] = process.argv.slice(2);
const engine = new QueryEngine();
for (const file of files) {
  const source = type === "auto" ? value : { type, value };
  const query = await readFile(file, "utf8");
  const result = await engine.query(query, { sources: [source] });
  const { variables } = await result.metadata();
  const names = variables.map((found) => (found.variable ?? found).value);
  const rows = [];
  for await (const bindings of await result.execute()) {
    rows.push(names.map((name) => bindings.get(name)?.value ?? ""));
  }
  console.log(JSON.stringify({ variables: names, rows }));
}
