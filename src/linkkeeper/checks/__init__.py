"""Is a source still there? One look, its judgement, the state over days, when next."""
