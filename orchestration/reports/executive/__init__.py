"""The executive report: what a board asks, answered from marts. A module a section."""
