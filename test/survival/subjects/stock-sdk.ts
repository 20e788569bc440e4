// The OpenTelemetry SDK for Node as its README shows it: batch processor, OTLP over HTTP.
import { SeverityNumber, logs } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { fieldsOf, isError, textOf } from './subject.ts'
import type { Open } from './subject.ts'

export const open: Open = ({ url }) => {
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = url
  process.env['OTEL_TRACES_EXPORTER'] = 'none'
  process.env['OTEL_METRICS_EXPORTER'] = 'none'
  const sdk = new NodeSDK()
  sdk.start()
  const logger = logs.getLogger('bot')
  return {
    log(number) {
      const severity = isError(number) ? SeverityNumber.ERROR : SeverityNumber.INFO
      logger.emit({ severityNumber: severity, body: textOf(number), attributes: fieldsOf(number) })
    },
    stop: () => sdk.shutdown(),
  }
}
