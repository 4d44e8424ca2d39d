# TensorFlow Serving with the exported model in it, for Kubernetes:
#   scgan export --model=scgan --output_dir=exports/scgan
#   docker build -f deploy/tensorflow-serving.Dockerfile -t scgan-tensorflow-serving .

FROM tensorflow/serving:2.21.0
COPY exports/scgan/scgan /models/scgan
COPY deploy/monitoring.config /etc/tensorflow-serving/monitoring.config
ENV MODEL_NAME=scgan
USER 10001:10001
