"""The gate's SHACL part: pySHACL on plain graphs, its findings as typed violations.

:func:`validate` looks at a whole dataset, :func:`validate_change` at what a change can affect.
"""

from communique.validation.change import Change, validate_change
from communique.validation.report import Report, Severity, Violation, validate

__all__ = ["Change", "Report", "Severity", "Violation", "validate", "validate_change"]
