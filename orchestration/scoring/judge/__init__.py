"""An optional language model as judge of answers. Off unless an endpoint and workspaces are named."""
