/** The ports that OpenTelemetry registered for OTLP, where senders look when nothing else was said. */

/** OTLP over gRPC. */
export const otlpGrpcPort = 4317

/** OTLP over HTTP, protobuf and JSON. */
export const otlpHttpPort = 4318
