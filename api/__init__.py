"""HTTP over the store: the API and the review page. Never loads a perception model."""
