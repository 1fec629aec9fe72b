{"key": "a4c5448e9c673723", "signature": "2iIHGTSkspXwZornVnEZzVFhd/J69a8UoFQEObFOAB2EiI3k74pbOZ+vRxsEkcqUu3N1g3iR5hOoSKMUWqKxCg=="}
