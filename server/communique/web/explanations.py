"""Why a triple holds, at ``/explain``: a page, JSON, PROV-O Turtle or text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, render_template, request, url_for

from communique.web import delegating, negotiation, protocol, versions
from communique.web.negotiation import HTML, NotAcceptable, Offer
from communique.web.problems import BadRequest
from communique.web.served import served

if TYPE_CHECKING:
    from communique.explain import Explainer, Explanation

blueprint = Blueprint("explanations", __name__)
blueprint.before_request(delegating.delegate)

MAX_MORE: Final = 20
"""How many further proofs are given at the most."""

JSON: Final = Offer("application/json", "json")
TURTLE: Final = Offer("text/turtle", "turtle")
TEXT: Final = Offer("text/plain", "text")
OFFERS: Final = (JSON, TURTLE, TEXT, HTML)

_TRIPLE: Final = ("s", "p", "o")
_EXPLAINERS: Final = "communique.explainers"
_KEPT: Final = 2
"""For how many versions an explainer is kept."""


@blueprint.get("/explain")
def explain() -> Response:
    """Explain a triple; without one, show a browser the form to name one."""
    given = protocol.parameters(request, (*_TRIPLE, "more", "format"))
    terms = [given.get(name, "") for name in _TRIPLE]
    accept = request.headers.get("Accept")
    if not any(terms):
        _choose_form(accept, given.get("format"))
        return _respond(HTML, _page(terms, None))
    absent = [name for name, term in zip(_TRIPLE, terms, strict=True) if not term]
    if absent:
        message = f"there is no parameter {' and no '.join(absent)}"
        raise BadRequest(message, "give subject, predicate and object as s, p and o")
    chosen = negotiation.choose(OFFERS, accept, given.get("format"))
    more = _more(given.get("more", ""))
    # Late, because serving queries does not need the library that explaining needs.
    from communique import explain as explaining  # noqa: PLC0415

    explainer = _explainer()
    triple = explaining.read_triple(explainer.engine, *terms)
    explanation = explainer.explain(triple, more)
    if chosen == HTML:
        return _respond(chosen, _page(terms, explanation, more))
    if chosen == TURTLE:
        return _respond(chosen, explaining.as_turtle(explanation))
    if chosen == TEXT:
        return _respond(chosen, explaining.as_text(explanation))
    body = json.dumps(explaining.as_structure(explanation), ensure_ascii=False, indent=2)
    return _respond(chosen, body + "\n")


def _choose_form(accept: str | None, wanted: str | None) -> None:
    """Make sure that the client will have a page, since there is nothing to explain.

    Raises:
        BadRequest: It will not.
    """
    try:
        negotiation.choose([HTML], accept, wanted)
    except NotAcceptable as fault:
        message = "there is no triple to explain"
        raise BadRequest(message, "give subject, predicate and object as s, p and o") from fault


def _more(text: str) -> int:
    """Read how many further proofs are wanted.

    Raises:
        BadRequest: It is no number, or too large a one.
    """
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= MAX_MORE):
        message = f"more is {text}, which is no number from 0 to {MAX_MORE}"
        raise BadRequest(message, "give the number of further proofs")
    return int(text)


def _explainer() -> Explainer:
    """Return the explainer of the version that is asked, made when it is first needed.

    The lines are known as long as the files are those that the version was built from.
    """
    from communique.explain import Explainer  # noqa: PLC0415 - as above

    generation = versions.generation()
    made = cast("dict[str, Explainer]", current_app.extensions.setdefault(_EXPLAINERS, {}))
    found = made.pop(generation.digest, None) or Explainer(generation, served().root)
    made[generation.digest] = found
    while len(made) > _KEPT:
        made.pop(next(iter(made)), None)
    return found


def _page(given: list[str], explanation: Explanation | None, more: int = 0) -> str:
    """Return the page with an explanation, or with the form alone."""
    address = url_for("explanations.explain")

    version = versions.asked()
    asked = dict(zip(_TRIPLE, given, strict=True)) | ({versions.NAME: version} if version else {})

    def link(**parameters: str | int) -> str:
        return f"{address}?{urlencode(asked | parameters)}"

    if explanation is None:
        return render_template("explain.html", given=given, explanation=None)
    from communique.explain import terms, text  # noqa: PLC0415 - as above
    from communique.reasoning.rules import readable  # noqa: PLC0415 - as above

    return render_template(
        "explain.html",
        given=given,
        explanation=explanation,
        parse=terms.parse,
        readable=readable,
        text=text,
        more=more,
        longer=link(more=min(max(2 * more, 4), MAX_MORE)),
        downloads=[
            (label, link(more=more, format=offer.name))
            for label, offer in (("JSON", JSON), ("PROV-O Turtle", TURTLE), ("text", TEXT))
        ],
    )


def _respond(offer: Offer, body: str) -> Response:
    return Response(body, content_type=offer.content_type, headers={"Vary": "Accept"})
