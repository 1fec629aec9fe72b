"""Inference: interpreters (ai-edge-litert, tflite-runtime, a fake) behind one Protocol, and models over them."""
