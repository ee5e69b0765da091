"""The page docs/reliability.md: what runs found, and which tests hold what was once promised and broken."""
