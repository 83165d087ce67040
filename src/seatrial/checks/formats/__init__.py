"""Reports in the forms that other programs and people want: SARIF, annotations, HTML."""
