"""The gate's SHACL part: pySHACL on plain graphs, its findings as typed violations."""

from communique.validation.report import Report, Severity, Violation, validate

__all__ = ["Report", "Severity", "Violation", "validate"]
