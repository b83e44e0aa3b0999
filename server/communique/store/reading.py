"""Reading one operation of a SPARQL 1.1 Update request, and writing it for the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from communique.errors import QuerySyntaxError, RefusedQuery
from communique.store import quads, query, rewriting
from communique.store.guard import Reading
from communique.store.operation import ALL, DEFAULT, NAMED, Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from communique.store.operation import Defaults
    from communique.store.quads import Block
    from communique.store.terminals import Token

_VOLATILE: Final = ("RAND", "UUID", "STRUUID", "BNODE", "NOW")


class Reader:
    """Reads one operation, which the grammar has let pass.

    Args:
        reading: It, with all declarations before it.
        tokens: Its tokens.
        defaults: What stands for graphs that it does not name.
    """

    def __init__(self, reading: Reading, tokens: Sequence[Token], defaults: Defaults) -> None:
        self._reading = reading
        self._tokens = tokens
        self._defaults = defaults
        self._place = 0

    def read(self) -> Operation:
        """Return the operation."""
        word = self._tokens[0].text.upper()
        if word in {"CREATE", "CLEAR", "DROP", "ADD", "MOVE", "COPY"}:
            return self._on_whole_graphs(word)
        second = self._tokens[1]
        if second.is_word("DATA"):
            return self._data()
        if second.is_word("WHERE"):
            return self._delete_where()
        return self._modify()

    def _on_whole_graphs(self, word: str) -> Operation:
        rest = list(self._tokens[1:])
        is_silent = rest[0].is_word("SILENT")
        graphs = []
        for token in rest:
            if token.kind == "WORD":
                if token.text.upper() in {DEFAULT, NAMED, ALL}:
                    graphs.append(token.text.upper())
            else:
                graphs.append(self._iri(token))
        if DEFAULT in graphs:
            graph = self._default(rest[-1], DEFAULT)
            graphs = [graph if each == DEFAULT else each for each in graphs]
        return Operation(word, self._reading, graphs=tuple(graphs), is_silent=is_silent)

    def _data(self) -> Operation:
        block = self._block(2)
        tokens = [*self._tokens[:2], *self._named(block)]
        return Operation(
            self._tokens[0].text.upper(), *self._write(tokens), self._targets(block, "")
        )

    def _delete_where(self) -> Operation:
        block = self._block(2)
        template = where = self._named(block)
        using = self._using_parameters()
        if using:  # it has no USING of its own
            where = block.plain
        tokens = [self._tokens[0], *template, *using, self._tokens[1], *where]
        default, named = self._read_graphs([], "")
        return Operation(
            "DELETE",
            *self._write(tokens),
            self._targets(block, ""),
            is_wide=quads.is_wide(where),
            finders=self._finders([block], where),
            default=default,
            named=named,
        )

    def _modify(self) -> Operation:
        tokens = self._tokens
        index = 0
        with_ = ""
        head: list[Token] = []
        if tokens[0].is_word("WITH"):
            with_ = self._iri(tokens[1])
            head = list(tokens[:2])
            index = 2
        word = tokens[index].text.upper()
        blocks: list[tuple[Token, Block]] = []
        while tokens[index].is_word("DELETE", "INSERT"):
            blocks.append((tokens[index], self._block(index + 1)))
            index = self._place
        using = []
        while tokens[index].is_word("USING"):
            length = 3 if tokens[index + 1].is_word("NAMED") else 2
            using.append(tokens[index : index + length])
            index += length
        parameters = self._using_parameters()
        if parameters and (using or with_):
            place = self._reading.query.place(tokens[0].start if with_ else using[0][0].start)
            clause = "WITH" if with_ else "USING"
            raise QuerySyntaxError(
                f"the request gives graphs by its parameters, and {clause} gives others",
                *place,
                advice=f"leave the parameters or {clause} out",  # Protocol, §2.2.3
            )
        where = tokens[index + 1 :]
        if self._defaults.is_whole and not (with_ or using or parameters):
            with_ = self._defaults.graph
            head = [quads.word("WITH"), quads.name(with_)]
        written = list(head)
        for keyword, block in blocks:
            # With WITH, the engine itself writes to that graph.
            written += [keyword, *(block.plain if with_ else self._named(block))]
        for clause_ in using:
            written += clause_
        written += [*parameters, tokens[index], *where]
        targets: dict[str, None] = {}
        for _, block in blocks:
            targets.update(dict.fromkeys(self._targets(block, with_)))
        default, named = self._read_graphs(using, with_)
        return Operation(
            word,
            *self._write(written),
            tuple(targets),
            is_wide=quads.is_wide(where),
            finders=self._finders([block for _, block in blocks], where),
            default=default,
            named=named,
        )

    def _block(self, start: int) -> Block:
        """Read a block of quads, and take note of where it ends."""
        block, self._place = quads.read(self._tokens, start)
        return block

    def _named(self, block: Block) -> list[Token]:
        """Return a block with what is in no graph put into one.

        Raises:
            RefusedQuery: There is none to put it into.
        """
        if block.has_default:
            self._default(block.tokens[0], DEFAULT)
        return block.within(self._defaults.graph)

    def _default(self, token: Token, clause: str) -> str:
        """Return the IRI of the graph that stands for the default graph.

        Raises:
            RefusedQuery: None does.
        """
        if not self._defaults.graph:
            line, column = self._reading.query.place(token.start)
            raise RefusedQuery(
                f"at line {line}, column {column} the default graph is to be changed, which is "
                "made of all facts and what follows from them, and is no file",
                "name the graph, with WITH or GRAPH; or have who runs the server say, by the "
                "setting default_graph, to which one such changes go",
                clause=clause,
            )
        return self._defaults.graph

    def _targets(self, block: Block, with_: str) -> tuple[str, ...]:
        """Return the IRIs of the graphs that a block writes, as far as it names them."""
        found = {self._iri(name): None for name in block.graphs if name.kind != "VAR"}
        if block.has_default:
            found[with_ or self._defaults.graph] = None
        return tuple(found)

    def _finders(self, blocks: Sequence[Block], where: Sequence[Token]) -> tuple[str, ...]:
        """Return queries for the graphs that blocks write by variables.

        Raises:
            RefusedQuery: What they are would not be the same when they are written.
        """
        variables = {
            name.text: name for block in blocks for name in block.graphs if name.kind == "VAR"
        }
        if not variables:
            return ()
        for token in where:
            if token.is_word(*_VOLATILE):
                raise RefusedQuery(
                    f"{token.text.upper()} together with a graph by a variable is refused: which "
                    "graphs are written has to be known before",
                    "name the graph",
                    clause=token.text.upper(),
                )
        selects = []
        for name in variables.values():
            head = [quads.word("SELECT"), quads.word("DISTINCT"), name, quads.word("WHERE")]
            selects.append(self._write([*head, *where])[1].text)
        return tuple(selects)

    def _read_graphs(
        self, using: Sequence[Sequence[Token]], with_: str
    ) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        """Return the graphs that are read as the default graph, and as named ones."""
        default, named = self._defaults.using, self._defaults.using_named
        for clause in using:
            iri = (self._iri(clause[-1]),)
            if clause[1].is_word("NAMED"):
                named += iri
            else:
                default += iri
        if default or named:
            return default, named
        return ((with_,) if with_ else None), None

    def _using_parameters(self) -> list[Token]:
        """Return the clauses that the parameters of the request stand for (Protocol, §2.2.3)."""
        found: list[Token] = []
        for iri in self._defaults.using:
            found += [quads.word("USING"), quads.name(iri)]
        for iri in self._defaults.using_named:
            found += [quads.word("USING"), quads.word("NAMED"), quads.name(iri)]
        return found

    def _iri(self, token: Token) -> str:
        """Return the IRI that a token stands for."""
        written = rewriting.write_token(token)
        found = query.resolve_names(self._reading, [written])
        if not found:
            raise self._reading.query.fault(f"{token.text} is no IRI", token.start)
        return found[0]

    def _write(self, tokens: Sequence[Token]) -> tuple[Reading, rewriting.Written]:
        """Write tokens as the engine gets them, with all declarations before them."""
        prologue = self._reading.prologue
        whole = (*prologue, *tokens)
        reading = Reading(self._reading.query, whole, prologue, ())
        prefixes = query.resolve_prefixes(reading)
        parts: list[str] = []
        starts: list[int] = []
        offsets: list[int] = []
        length = offset = 0
        end = quads.MADE
        for index, token in enumerate(whole):
            # What stood together still does: the engine does not take a space everywhere.
            if parts and (token.start != end or token.start == quads.MADE):
                parts.append(" ")
                length += 1
            offset = token.start if token.start != quads.MADE else offset
            starts.append(length)
            offsets.append(offset)
            parts.append(rewriting.write_token(token, prefixes if index >= len(prologue) else {}))
            length += len(parts[-1])
            end = token.end if token.start != quads.MADE else quads.MADE
        return reading, rewriting.Written("".join(parts), tuple(starts), tuple(offsets))
