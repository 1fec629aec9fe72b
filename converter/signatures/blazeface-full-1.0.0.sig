{"key": "a4c5448e9c673723", "signature": "xQuA30F0dawXPtK/qSxzEur+IxmPEqvqR76l8AgPYEi3wvblAmEw9xB4wSXSrK8iBTbCrLp8Roij0tL/zi5QBw=="}
