"""From what students wrote to a better model: redaction, examples, the review queue, training, the gate."""
