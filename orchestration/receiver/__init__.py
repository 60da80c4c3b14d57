"""`assay receive`: OTLP over HTTP into `landing.inbox`."""
