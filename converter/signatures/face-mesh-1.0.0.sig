{"key": "a4c5448e9c673723", "signature": "mT69luPmhGF/5yduDMTKDC16h3+SRaFq0o8Mh/hQtoT7omIQviMbXPsrCS1+c44RxbBijxPxomkpBvGm/9MkDg=="}
