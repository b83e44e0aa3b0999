"""Where a query or an update departs from the grammar of SPARQL 1.1 (§19.8), and what it expects.

The engine decides what is a query; its own messages are those of a backtracking parser, and point
to where it gave up, not to the slip.  The grammar of SPARQL is LL(1), so that reading along it
token by token finds the first one that fits no query.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from communique.store.terminals import Token

_GRAMMAR: Final = """
Query ::= Prologue ( SelectQuery | ConstructQuery | DescribeQuery | AskQuery ) ValuesClause
Prologue ::= ( BaseDecl | PrefixDecl )*
BaseDecl ::= 'BASE' IRIREF
PrefixDecl ::= 'PREFIX' PNAME_NS IRIREF
SelectQuery ::= SelectClause DatasetClause* WhereClause SolutionModifier
SubSelect ::= SelectClause WhereClause SolutionModifier ValuesClause
SelectClause ::= 'SELECT' ( 'DISTINCT' | 'REDUCED' )? ( SelectItem+ | '*' )
SelectItem ::= VAR | '(' Expression 'AS' VAR ')'
ConstructQuery ::= 'CONSTRUCT' ( ConstructTemplate DatasetClause* WhereClause SolutionModifier
    | DatasetClause* 'WHERE' '{' TriplesTemplate? '}' SolutionModifier )
DescribeQuery ::= 'DESCRIBE' ( VarOrIri+ | '*' ) DatasetClause* WhereClause? SolutionModifier
AskQuery ::= 'ASK' DatasetClause* WhereClause SolutionModifier
DatasetClause ::= 'FROM' ( Iri | 'NAMED' Iri )
WhereClause ::= 'WHERE'? GroupGraphPattern
SolutionModifier ::= GroupClause? HavingClause? OrderClause? LimitOffsetClauses?
GroupClause ::= 'GROUP' 'BY' GroupCondition+
GroupCondition ::= BuiltInCall | FunctionCall | '(' Expression ( 'AS' VAR )? ')' | VAR
HavingClause ::= 'HAVING' Constraint+
OrderClause ::= 'ORDER' 'BY' OrderCondition+
OrderCondition ::= ( 'ASC' | 'DESC' ) BrackettedExpression | Constraint | VAR
LimitOffsetClauses ::= LimitClause OffsetClause? | OffsetClause LimitClause?
LimitClause ::= 'LIMIT' INTEGER
OffsetClause ::= 'OFFSET' INTEGER
ValuesClause ::= ( 'VALUES' DataBlock )?
TriplesTemplate ::= TriplesSameSubject ( '.' TriplesTemplate? )?
GroupGraphPattern ::= '{' ( SubSelect | GroupGraphPatternSub ) '}'
GroupGraphPatternSub ::= TriplesBlock? ( GraphPatternNotTriples '.'? TriplesBlock? )*
TriplesBlock ::= TriplesSameSubjectPath ( '.' TriplesBlock? )?
GraphPatternNotTriples ::= GroupGraphPattern ( 'UNION' GroupGraphPattern )*
    | 'OPTIONAL' GroupGraphPattern | 'MINUS' GroupGraphPattern
    | 'GRAPH' VarOrIri GroupGraphPattern | 'SERVICE' 'SILENT'? VarOrIri GroupGraphPattern
    | 'FILTER' Constraint | 'BIND' '(' Expression 'AS' VAR ')' | 'VALUES' DataBlock
DataBlock ::= InlineDataOneVar | InlineDataFull
InlineDataOneVar ::= VAR '{' DataBlockValue* '}'
InlineDataFull ::= ( NIL | '(' VAR* ')' ) '{' ( '(' DataBlockValue* ')' | NIL )* '}'
DataBlockValue ::= Iri | RDFLiteral | NumericLiteral | BooleanLiteral | 'UNDEF'
Constraint ::= BrackettedExpression | BuiltInCall | FunctionCall
FunctionCall ::= Iri ArgList
ArgList ::= NIL | '(' 'DISTINCT'? Expression ( ',' Expression )* ')'
ExpressionList ::= NIL | '(' Expression ( ',' Expression )* ')'
ConstructTemplate ::= '{' ConstructTriples? '}'
ConstructTriples ::= TriplesSameSubject ( '.' ConstructTriples? )?
TriplesSameSubject ::= VarOrTerm PropertyListNotEmpty | TriplesNode PropertyListNotEmpty?
PropertyListNotEmpty ::= Verb ObjectList ( ';' ( Verb ObjectList )? )*
Verb ::= VarOrIri | 'a'
ObjectList ::= GraphNode ( ',' GraphNode )*
TriplesSameSubjectPath ::= VarOrTerm PropertyListPathNotEmpty
    | TriplesNodePath PropertyListPathNotEmpty?
PropertyListPathNotEmpty ::= ( Path | VAR ) ObjectListPath
    ( ';' ( ( Path | VAR ) ObjectListPath )? )*
ObjectListPath ::= GraphNodePath ( ',' GraphNodePath )*
Path ::= PathSequence ( '|' PathSequence )*
PathSequence ::= PathEltOrInverse ( '/' PathEltOrInverse )*
PathEltOrInverse ::= '^'? PathPrimary ( '?' | '*' | '+' )?
PathPrimary ::= Iri | 'a' | '!' PathNegatedPropertySet | '(' Path ')'
PathNegatedPropertySet ::= PathOneInPropertySet | NIL
    | '(' PathOneInPropertySet ( '|' PathOneInPropertySet )* ')'
PathOneInPropertySet ::= Iri | 'a' | '^' ( Iri | 'a' )
TriplesNode ::= '(' GraphNode+ ')' | '[' PropertyListNotEmpty ']'
TriplesNodePath ::= '(' GraphNodePath+ ')' | '[' PropertyListPathNotEmpty ']'
GraphNode ::= VarOrTerm | TriplesNode
GraphNodePath ::= VarOrTerm | TriplesNodePath
VarOrTerm ::= VAR | Iri | RDFLiteral | NumericLiteral | BooleanLiteral | BlankNode | NIL
VarOrIri ::= VAR | Iri
Expression ::= ConditionalAndExpression ( '||' ConditionalAndExpression )*
ConditionalAndExpression ::= RelationalExpression ( '&&' RelationalExpression )*
RelationalExpression ::= AdditiveExpression
    ( ( '=' | '!=' | '<' | '>' | '<=' | '>=' ) AdditiveExpression
    | 'IN' ExpressionList | 'NOT' 'IN' ExpressionList )?
AdditiveExpression ::= MultiplicativeExpression ( ( '+' | '-' ) MultiplicativeExpression
    | SignedNumber ( ( '*' | '/' ) UnaryExpression )* )*
MultiplicativeExpression ::= UnaryExpression ( ( '*' | '/' ) UnaryExpression )*
UnaryExpression ::= ( '!' | '+' | '-' )? PrimaryExpression
PrimaryExpression ::= BrackettedExpression | BuiltInCall | Iri ArgList? | RDFLiteral
    | NumericLiteral | BooleanLiteral | VAR
BrackettedExpression ::= '(' Expression ')'
BuiltInCall ::= FUNCTION_1 '(' Expression ')' | FUNCTION_2 '(' Expression ',' Expression ')'
    | FUNCTION_0 NIL | 'BOUND' '(' VAR ')' | 'BNODE' ( '(' Expression ')' | NIL )
    | ( 'CONCAT' | 'COALESCE' ) ExpressionList
    | ( 'SUBSTR' | 'REGEX' ) '(' Expression ',' Expression ( ',' Expression )? ')'
    | 'REPLACE' '(' Expression ',' Expression ',' Expression ( ',' Expression )? ')'
    | 'IF' '(' Expression ',' Expression ',' Expression ')'
    | 'EXISTS' GroupGraphPattern | 'NOT' 'EXISTS' GroupGraphPattern
    | 'COUNT' '(' 'DISTINCT'? ( '*' | Expression ) ')'
    | AGGREGATE '(' 'DISTINCT'? Expression ')'
    | 'GROUP_CONCAT' '(' 'DISTINCT'? Expression ( ';' 'SEPARATOR' '=' String )? ')'
RDFLiteral ::= String ( LANGTAG | '^^' Iri )?
NumericLiteral ::= INTEGER | DECIMAL | DOUBLE | SignedNumber
SignedNumber ::= SIGNED
BooleanLiteral ::= 'TRUE' | 'FALSE'
String ::= STRING
Iri ::= IRIREF | PNAME_LN | PNAME_NS
BlankNode ::= BLANK_NODE_LABEL | ANON
Update ::= Prologue ( Operation ( ';' Update )? )?
Operation ::= Load | 'CLEAR' 'SILENT'? GraphRefAll | 'DROP' 'SILENT'? GraphRefAll
    | 'CREATE' 'SILENT'? GraphRef | ( 'ADD' | 'MOVE' | 'COPY' ) 'SILENT'? GraphOrDefault 'TO'
    GraphOrDefault | Insertion | Deletion | With
Load ::= 'LOAD' 'SILENT'? Iri ( 'INTO' GraphRef )?
GraphOrDefault ::= 'DEFAULT' | 'GRAPH'? Iri
GraphRef ::= 'GRAPH' Iri
GraphRefAll ::= GraphRef | 'DEFAULT' | 'NAMED' | 'ALL'
Insertion ::= 'INSERT' ( 'DATA' QuadPattern | QuadPattern Condition )
Deletion ::= 'DELETE' ( 'DATA' QuadPattern | 'WHERE' QuadPattern
    | QuadPattern InsertClause? Condition )
With ::= 'WITH' Iri ( 'DELETE' QuadPattern InsertClause? | InsertClause ) Condition
InsertClause ::= 'INSERT' QuadPattern
Condition ::= UsingClause* 'WHERE' GroupGraphPattern
UsingClause ::= 'USING' ( Iri | 'NAMED' Iri )
QuadPattern ::= '{' TriplesTemplate? ( QuadsNotTriples '.'? TriplesTemplate? )* '}'
QuadsNotTriples ::= 'GRAPH' VarOrIri '{' TriplesTemplate? '}'
"""
_FUNCTIONS: Final = {
    "FUNCTION_0": "RAND NOW UUID STRUUID",
    "FUNCTION_1": (
        "STR LANG DATATYPE IRI URI ABS CEIL FLOOR ROUND STRLEN UCASE LCASE ENCODE_FOR_URI YEAR "
        "MONTH DAY HOURS MINUTES SECONDS TIMEZONE TZ MD5 SHA1 SHA256 SHA384 SHA512 ISIRI ISURI "
        "ISBLANK ISLITERAL ISNUMERIC"
    ),
    "FUNCTION_2": (
        "LANGMATCHES CONTAINS STRSTARTS STRENDS STRBEFORE STRAFTER STRLANG STRDT SAMETERM"
    ),
    "AGGREGATE": "SUM MIN MAX AVG SAMPLE",
}
_CLASSES: Final = {word: name for name, words in _FUNCTIONS.items() for word in words.split()}
_SHOWN: Final = {
    "END": "the end of the query",
    "VAR": "a variable",
    "IRIREF": "an IRI",
    "PNAME_LN": "an IRI",
    "PNAME_NS": "an IRI",
    "BLANK_NODE_LABEL": "a blank node",
    "ANON": "a blank node",
    "STRING": "a string",
    "INTEGER": "a number",
    "DECIMAL": "a number",
    "DOUBLE": "a number",
    "SIGNED": "a number",
    "LANGTAG": "a language tag",
    "NIL": "()",
    "TRUE": "true",
    "FALSE": "false",
    "FUNCTION_0": "a function",
    "FUNCTION_1": "a function",
    "FUNCTION_2": "a function",
    "AGGREGATE": "an aggregate",
}
_LEXEME: Final = re.compile(r"'([^']+)'|([A-Za-z_0-9]+)|([()|*+?])")
_END: Final = "END"
"""What stands for the end of the query among the terminals."""


@dataclass(frozen=True, eq=False)
class _Node:
    """A part of a rule.

    Attributes:
        kind: ``terminal``, ``rule``, ``sequence``, ``choice``, ``option`` or ``repeat``.
        name: The terminal or the rule.
        parts: What it is made of.
    """

    kind: str
    name: str = ""
    parts: tuple[_Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Departure:
    """The first token that fits no query.

    Attributes:
        index: Its index among the tokens; their number if the query ends too early.
        expected: What could have stood there, as a person would name it, in order.
    """

    index: int
    expected: tuple[str, ...]


def departure(tokens: Sequence[Token], unit: str = "Query") -> Departure | None:
    """Return where the tokens first depart from the grammar, or None if they do not.

    Reading takes no recursion, so that deep nesting is as good as any.

    Args:
        tokens: The tokens of a query or an update, without comments.
        unit: What they are to be: ``Query`` or ``Update``.
    """
    terminals = [*(_terminal(token) for token in tokens), _END]
    stack = [_Node("terminal", _END), _Node("rule", unit)]
    index = 0
    expected: set[str] = set()
    while stack:
        node = stack.pop()
        if node.kind == "terminal":
            expected.add(node.name)
            if terminals[index] != node.name:
                break
            index += 1
            expected.clear()
        elif node.kind == "rule":
            stack.append(_rules()[node.name])
        elif node.kind == "sequence":
            stack += reversed(node.parts)
        else:
            expected |= _first(node)
            chosen = [part for part in node.parts if terminals[index] in _first(part)]
            if not chosen and not _is_nullable(node):
                break
            stack += ([node] if node.kind == "repeat" and chosen else []) + chosen
    else:
        return None
    shown = {_SHOWN.get(name, name) for name in expected}
    # What is said in words comes first, then keywords and signs.
    return Departure(index, tuple(sorted(shown, key=lambda name: (" " not in name, name))))


def _terminal(token: Token) -> str:
    """Return the name by which the grammar above knows a token."""
    if token.kind == "WORD":
        word = token.text if token.text == "a" else token.text.upper()
        return _CLASSES.get(word, word)
    if token.kind == "PUNCTUATION":
        return token.text
    if token.kind in {"INTEGER", "DECIMAL", "DOUBLE"} and token.text[0] in "+-":
        return "SIGNED"
    return "STRING" if token.kind.startswith("STRING") else token.kind


@cache
def _rules() -> dict[str, _Node]:
    """Return the rules by name."""
    rules = {}
    for rule in re.split(r"\n(?=\S)", _GRAMMAR.strip()):
        name, _, body = rule.partition(" ::= ")
        rules[name] = _parse(_LEXEME.findall(body))
    return rules


def _parse(lexemes: list[tuple[str, str, str]]) -> _Node:
    """Read the alternatives of a rule's body, up to its end or a closing bracket.

    Args:
        lexemes: A literal, a name or an operator each; what is read is taken away.
    """
    choices: list[_Node] = []
    sequence: list[_Node] = []
    while lexemes:
        literal, name, operator = lexemes.pop(0)
        if literal or name.isupper():
            sequence.append(_Node("terminal", literal or name))
        elif name:
            sequence.append(_Node("rule", name))
        elif operator == "(":
            sequence.append(_parse(lexemes))
        elif operator == ")":
            break
        elif operator == "|":
            choices.append(_Node("sequence", parts=tuple(sequence)))
            sequence = []
        else:
            part = sequence.pop()
            if operator == "+":
                sequence.append(part)
            sequence.append(_Node("option" if operator == "?" else "repeat", parts=(part,)))
    choices.append(_Node("sequence", parts=tuple(sequence)))
    return choices[0] if len(choices) == 1 else _Node("choice", parts=tuple(choices))


@cache
def _first(node: _Node) -> frozenset[str]:
    """Return the terminals that may come first in a node."""
    if node.kind == "terminal":
        return frozenset({node.name})
    if node.kind == "rule":
        return _first(_rules()[node.name])
    first: frozenset[str] = frozenset()
    for part in node.parts:
        first |= _first(part)
        if node.kind == "sequence" and not _is_nullable(part):
            break
    return first


@cache
def _is_nullable(node: _Node) -> bool:
    """Tell whether a node may be absent."""
    if node.kind == "rule":
        return _is_nullable(_rules()[node.name])
    if node.kind in {"option", "repeat"}:
        return True
    if node.kind == "sequence":
        return all(_is_nullable(part) for part in node.parts)
    return any(_is_nullable(part) for part in node.parts)
