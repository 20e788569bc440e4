import type { Resource } from '@opentelemetry/resources'
import { LoggerProvider } from '@opentelemetry/sdk-logs'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import type { Redactor } from '../../redact/redact.ts'
import { flowIds } from './ids.ts'
import { correlatingLogs, printingLogs } from './lines.ts'
import type { Pipeline } from './pipeline.ts'
import { redactingLogs, redactingSpans } from './redaction.ts'
import type { Providers } from './register.ts'
import { samplerOf } from './sampling.ts'
import type { Settings } from './settings.ts'

/**
 * The SDK's three providers on a pipeline. The order of the processors matters: a record is cleaned of secrets first,
 * then printed, then sent.
 */
export function providersOf(
  settings: Settings,
  pipeline: Pipeline,
  { resource, redactor }: { readonly resource: Resource; readonly redactor: Redactor },
): Providers {
  // Some detectors answer later, and the SDK does not ask them again until metrics are collected. As long as an answer is
  // pending, each record encodes the whole resource: a flow took 890 µs with that, 714 without.
  void resource.waitForAsyncAttributes?.()
  const meter = new MeterProvider({ resource, readers: [...pipeline.metricReaders] })
  return {
    meter,
    tracer: new TracerProvider({
      resource,
      sampler: samplerOf(settings),
      spanLimits: spanLimitsOf(settings),
      idGenerator: flowIds,
      spanProcessors: [redactingSpans(redactor, pipeline.spanProcessor)],
    }),
    logger: new LoggerProvider({
      resource,
      logRecordLimits: some({
        attributeCountLimit: settings.logAttributeCountMax,
        attributeValueLengthLimit: settings.logAttributeLengthMax,
      }),
      processors: [
        redactingLogs(redactor),
        correlatingLogs(),
        printingLogs(),
        pipeline.logRecordProcessor,
      ],
    }),
  }
}

function spanLimitsOf(settings: Settings): Record<string, number> {
  return some({
    attributeCountLimit: settings.spanAttributeCountMax,
    attributeValueLengthLimit: settings.spanAttributeLengthMax,
    eventCountLimit: settings.spanEventCountMax,
    linkCountLimit: settings.spanLinkCountMax,
    attributePerEventCountLimit: settings.eventAttributeCountMax,
    attributePerLinkCountLimit: settings.linkAttributeCountMax,
  })
}

/** Those that are set. */
function some(limits: Readonly<Record<string, number | undefined>>): Record<string, number> {
  const set: Record<string, number> = {}
  for (const [name, value] of Object.entries(limits)) {
    if (value !== undefined) set[name] = value
  }
  return set
}
