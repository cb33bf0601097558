"""From what students wrote to a better model: redaction, examples, the queue of what to look at, training, the gate."""
