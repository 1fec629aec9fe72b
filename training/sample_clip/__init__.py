"""Makes the sample clip: one person whose face does what a script says, so that tests assert what a user would see.

The person is Eileen Collins, from the NASA portrait that scikit-image ships (`skimage.data.astronaut()`, public
domain). Her 478 face landmarks carry a triangle mesh; a pose moves the landmarks, the mesh carries the picture along,
and lids and lips part because what lies between them (eyeballs, teeth, the dark of the mouth) is a layer of its own.

    portrait ─► cut out (grabCut) ─► warped by the pose of the moment ─► placed over a plain room, dimmed ─► video

Nothing is random: two runs on one machine give the same frames. Units: pixels of the *canvas* (the portrait enlarged
`ZOOM` times) unless said otherwise; pushes are in spans, one span being the distance between the outer eye corners
(landmarks 33 and 263). Landmark numbers are MediaPipe's face mesh.
"""
