"""The operations of a SPARQL 1.1 Update request, and which graphs each writes.

A request is taken apart by its tokens.  What an operation writes without naming a graph is written
to one that is named for it: the default graph is no file, but made of several.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from communique.errors import QuerySyntaxError, RefusedQuery
from communique.store import diagnosis, guard, query, rewriting, terminals
from communique.store.guard import CLOSING, MAX_DEPTH, OPENING, Reading
from communique.store.terminals import Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from communique.store.terminals import Query

DEFAULT: Final = "DEFAULT"
NAMED: Final = "NAMED"
ALL: Final = "ALL"

_HEADER: Final = re.compile(r"(?:layer|Ontology)>?$")
"""What names end with that the headers of files have."""
_IS_TYPE: Final = re.compile(r"^a$|type>?$")
"""What names the property of a node that says its class, or may."""
_ENDS_SUBJECT: Final = frozenset({"]", ")", ";", "["})
_VOLATILE: Final = ("RAND", "UUID", "STRUUID", "BNODE", "NOW")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What stands for graphs that a request does not name.

    Attributes:
        graph: The IRI of the graph that is written where none is named; empty to refuse that.
        is_whole: Whether that graph is also what is read there, as if each operation said WITH.
        using: The IRIs of the graphs that are read as the default graph; as USING has it.
        using_named: The IRIs of those that are read as named graphs.
    """

    graph: str = ""
    is_whole: bool = False
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        word: The keyword it begins with; ``WITH`` counts as what follows it.
        reading: It as it was read, what stands for graphs put in.
        written: It as the engine gets it; None for those on whole graphs.
        graphs: The IRIs of the graphs that it writes, or ``DEFAULT``, ``NAMED`` or ``ALL``; for
            ``ADD``, ``MOVE`` and ``COPY`` from and to.
        is_silent: Whether it does not mind failing.
        is_wide: Whether what it reads may match the headers of files, without naming them.
        finders: Queries for the graphs that it writes beside those.
        default: The IRIs of the graphs that are the default graph of those queries; None for all.
        named: The IRIs of the graphs that are their named graphs; None for all.
    """

    word: str
    reading: Reading
    written: rewriting.Written | None = None
    graphs: tuple[str, ...] = ()
    is_silent: bool = False
    is_wide: bool = False
    finders: tuple[str, ...] = ()
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """An update request.

    Attributes:
        operations: Its operations, in order.
        default: The IRI of the graph that stands for the default graph; empty if none does.
        minds_headers: Whether it names what the headers of files say.
        prefixes: The prefixes it declares, and their namespaces.
    """

    operations: tuple[Operation, ...]
    default: str
    minds_headers: bool
    prefixes: Mapping[str, str]

    @property
    def graphs(self) -> frozenset[str]:
        """The IRIs of the graphs that it says it writes."""
        found: set[str] = set()
        for operation in self.operations:
            written = operation.graphs
            if operation.word in {"ADD", "COPY"}:
                written = written[1:]
            found.update(written)
        return frozenset(found - {DEFAULT, NAMED, ALL})


def read(text: str, defaults: Defaults) -> Request:
    """Take a request apart, and refuse what is refused on principle.

    Args:
        text: The request.
        defaults: What stands for graphs that it does not name.

    Raises:
        QuerySyntaxError: It is no SPARQL 1.1 Update, by its tokens, its grammar or its prefixes.
        RefusedQuery: It loads a document, calls another service, writes the default graph where
            nothing stands for it, or is too large.
    """
    source = terminals.read(text)
    tokens = tuple(token for token in source.tokens if token.kind != "COMMENT")
    guard.refuse_service(source, tokens, calls=False)
    whole = Reading(source, tokens, (), ())
    departed = diagnosis.departure_error(whole, "Update")
    if departed is not None:
        raise departed
    _refuse_load(tokens)
    _refuse_size(source, tokens)
    prologue: tuple[Token, ...] = ()
    operations = []
    labels: set[str] = set()
    for part in _split(tokens):
        declared = guard.prologue_of(part)
        prologue += declared
        rest = part[len(declared) :]
        if rest:
            reading = Reading(source, prologue + rest, prologue, ())
            guard.check_prefixes(reading)
            _check_labels(source, rest, labels)
            operations.append(_Reader(reading, rest, defaults).read())
    return Request(
        operations=tuple(operations),
        default=defaults.graph,
        minds_headers=any(_HEADER.search(token.text) for token in tokens),
        prefixes=query.declared(prologue),
    )


def _check_labels(source: Query, tokens: Sequence[Token], labels: set[str]) -> None:
    """Refuse a label of a blank node in two INSERT DATA (§19.8, note 9).

    Raises:
        QuerySyntaxError: There is one.
    """
    if not (tokens[0].is_word("INSERT") and tokens[1].is_word("DATA")):
        return
    own = {token.text: token for token in tokens if token.kind == "BLANK_NODE_LABEL"}
    for label in sorted(own.keys() & labels):
        raise source.fault(
            f"{label} is in another INSERT DATA already",
            own[label].start,
            "give each blank node a label of its own, or write one INSERT DATA",
        )
    labels.update(own)


def _refuse_load(tokens: Sequence[Token]) -> None:
    for token in tokens:
        if token.is_word("LOAD"):
            raise RefusedQuery(
                "LOAD is refused: this endpoint fetches nothing",
                "get the document yourself, and send it by PUT or POST to /data",
                clause="LOAD",
            )


def _refuse_size(source: Query, tokens: Sequence[Token]) -> None:
    """Refuse what is too large for the engine; data may be long, but not deep."""
    counted: list[Token] = []
    depth = 0
    data_at: int | None = None
    is_data = False
    for token in tokens:
        is_data |= token.is_word("DATA")
        if token.kind == "PUNCTUATION" and token.text in OPENING:
            if is_data and data_at is None:
                data_at, is_data = depth, False
            depth += 1
            if depth > MAX_DEPTH:
                line, column = source.place(token.start)
                raise RefusedQuery(
                    f"the update is nested more than {MAX_DEPTH} deep "
                    f"at line {line}, column {column}",
                    "write it flatter",
                    clause="nesting",
                )
        elif token.kind == "PUNCTUATION" and token.text in CLOSING:
            depth -= 1
            if data_at == depth:
                data_at = None
        if data_at is None:
            counted.append(token)
    guard.refuse_size(source, counted)


def _split(tokens: Sequence[Token]) -> Iterator[tuple[Token, ...]]:
    """Yield the operations, each with the declarations before it."""
    start = depth = 0
    for index, token in enumerate(tokens):
        if token.kind == "PUNCTUATION":
            depth += (token.text in OPENING) - (token.text in CLOSING)
            if depth == 0 and token.text == ";":
                yield tuple(tokens[start:index])
                start = index + 1
    yield tuple(tokens[start:])


@dataclass
class _Block:
    """A block of quads in braces.

    Attributes:
        tokens: Its tokens, what is in no graph put into one.
        graphs: The names of the graphs in it: IRIs, prefixed names and variables.
        has_default: Whether something was in no graph.
    """

    tokens: list[Token] = field(default_factory=list)
    graphs: list[Token] = field(default_factory=list)
    has_default: bool = False


class _Reader:
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
            where = _plain(block)
        tokens = [self._tokens[0], *template, *using, self._tokens[1], *where]
        default, named = self._read_graphs([], "")
        return Operation(
            "DELETE",
            *self._write(tokens),
            self._targets(block, ""),
            is_wide=_is_wide(where),
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
        blocks: list[tuple[Token, _Block]] = []
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
            head = [self._word("WITH"), self._name(with_)]
        written = list(head)
        for keyword, block in blocks:
            # With WITH, the engine itself writes to that graph.
            written += [keyword, *(_plain(block) if with_ else self._named(block))]
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
            is_wide=_is_wide(where),
            finders=self._finders([block for _, block in blocks], where),
            default=default,
            named=named,
        )

    def _block(self, start: int) -> _Block:
        """Read a block of quads, which is left as it is but for what is in no graph."""
        tokens, index, depth = self._tokens, start + 1, 1
        block = _Block([tokens[start]])
        outside: list[Token] = []
        while depth:
            token = tokens[index]
            if depth == 1 and token.is_word("GRAPH"):
                self._put(block, outside)
                block.graphs.append(tokens[index + 1])
                end = index + 3
                inner = 1
                while inner:
                    if tokens[end].kind == "PUNCTUATION":
                        inner += (tokens[end].text in OPENING) - (tokens[end].text in CLOSING)
                    end += 1
                block.tokens += tokens[index:end]
                index = end
                if tokens[index].kind == "PUNCTUATION" and tokens[index].text == ".":
                    block.tokens.append(tokens[index])
                    index += 1
                continue
            if token.kind == "PUNCTUATION":
                depth += (token.text in OPENING) - (token.text in CLOSING)
            if depth:
                outside.append(token)
            else:
                self._put(block, outside)
                block.tokens.append(token)
            index += 1
        self._place = index
        return block

    def _put(self, block: _Block, outside: list[Token]) -> None:
        """Mark what is in no graph, for :meth:`_named` to put it into one."""
        if outside:
            block.has_default = True
            block.tokens += [_BEGINS, *outside, _ENDS]
            outside.clear()

    def _named(self, block: _Block) -> list[Token]:
        """Return a block with what is in no graph put into one.

        Raises:
            RefusedQuery: There is none to put it into.
        """
        if block.has_default:
            self._default(block.tokens[0], DEFAULT)
        opening = [self._word("GRAPH"), self._name(self._defaults.graph), self._sign("{")]
        found: list[Token] = []
        for token in block.tokens:
            if token is _BEGINS:
                found += opening
            elif token is _ENDS:
                found.append(self._sign("}"))
            else:
                found.append(token)
        return found

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

    def _targets(self, block: _Block, with_: str) -> tuple[str, ...]:
        """Return the IRIs of the graphs that a block writes, as far as it names them."""
        found = {self._iri(name): None for name in block.graphs if name.kind != "VAR"}
        if block.has_default:
            found[with_ or self._defaults.graph] = None
        return tuple(found)

    def _finders(self, blocks: Sequence[_Block], where: Sequence[Token]) -> tuple[str, ...]:
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
            head = [self._word("SELECT"), self._word("DISTINCT"), name, self._word("WHERE")]
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
            found += [self._word("USING"), self._name(iri)]
        for iri in self._defaults.using_named:
            found += [self._word("USING"), self._word("NAMED"), self._name(iri)]
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
        end = _MADE
        for index, token in enumerate(whole):
            # What stood together still does: the engine does not take a space everywhere.
            if parts and (token.start != end or token.start == _MADE):
                parts.append(" ")
                length += 1
            offset = token.start if token.start != _MADE else offset
            starts.append(length)
            offsets.append(offset)
            parts.append(rewriting.write_token(token, prefixes if index >= len(prologue) else {}))
            length += len(parts[-1])
            end = token.end if token.start != _MADE else _MADE
        return reading, rewriting.Written("".join(parts), tuple(starts), tuple(offsets))

    @staticmethod
    def _word(text: str) -> Token:
        return Token("WORD", text, _MADE)

    @staticmethod
    def _sign(text: str) -> Token:
        return Token("PUNCTUATION", text, _MADE)

    @staticmethod
    def _name(iri: str) -> Token:
        return Token("IRIREF", f"<{iri}>", _MADE)


def _is_wide(where: Sequence[Token]) -> bool:
    """Tell whether a pattern may match the headers of files, though it does not name them.

    It may by a variable for the property, one for a class, or a path of what is not named.  It is
    enough to be right where it is told that it may not.
    """
    for before, token, after in zip(where, where[1:], where[2:], strict=False):
        is_term = after.kind not in {"WORD", "PUNCTUATION"} or after.text in {"[", "("}
        if (
            token.kind == "VAR"
            and is_term
            and (before.kind != "PUNCTUATION" or before.text in _ENDS_SUBJECT)
        ):
            return True
        if _IS_TYPE.search(token.text) and after.kind in {"VAR", "PUNCTUATION"}:
            return True
        if token.text == "!":
            return True
    return False


def _plain(block: _Block) -> list[Token]:
    """Return a block as it was."""
    return [token for token in block.tokens if token is not _BEGINS and token is not _ENDS]


_MADE: Final = -2
"""Where tokens start that are not in the request."""
_BEGINS: Final = Token("PUNCTUATION", "", -3)
"""Stands before what is in no graph, in a block."""
_ENDS: Final = Token("PUNCTUATION", "", -4)
"""Stands behind it."""
