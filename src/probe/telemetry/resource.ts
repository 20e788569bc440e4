import { SDK_INFO } from '@opentelemetry/core'
import {
  detectResources,
  emptyResource,
  hostDetector,
  osDetector,
  processDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
  envDetector,
} from '@opentelemetry/resources'
import type {
  DetectedResourceAttributes,
  Resource,
  ResourceDetector,
} from '@opentelemetry/resources'
import type { Redactor } from '../../redact/redact.ts'
import { packageVersion } from '../../semconv/version.ts'
import { scope } from '../event/scope.ts'
import type { Settings } from './settings.ts'

/** What the official process detector finds and nobody outside needs: arguments hold keys more often than one thinks. */
const leaks = new Set([
  'process.command',
  'process.command_args',
  'process.command_line',
  'process.executable.path',
  'process.owner',
])

/**
 * Who sends: the official detectors (host, operating system, process, service instance, OTEL_RESOURCE_ATTRIBUTES)
 * without what leaks, then the bot, its run, its code and the version of the convention. Options win over the
 * environment, and both over what was detected. Secrets are hidden here as everywhere.
 */
export function resourceOf(settings: Settings, redactor: Redactor): Resource {
  const detected = detectResources({
    detectors: [hostDetector, osDetector, withoutLeaks(processDetector), serviceInstanceIdDetector],
  })
  const told = detectResources({ detectors: [redacted(envDetector, redactor)] })
  const commit = settings.codeCommit
  return emptyResource()
    .merge(detected)
    .merge(
      resourceFromAttributes({
        ...SDK_INFO,
        'telemetry.distro.name': 'fillpath',
        'telemetry.distro.version': packageVersion,
        'trading.bot.id': settings.serviceName,
        'trading.run.id': settings.runId,
        'trading.log_schema_version': scope.version,
        ...(commit !== undefined && { 'trading.code.commit': commit }),
      }),
    )
    .merge(told)
    .merge(
      resourceFromAttributes({
        ...redactor.redactAttributes(settings.resourceAttributes),
        'service.name': settings.serviceName,
        ...(settings.botId !== undefined && { 'trading.bot.id': settings.botId }),
        ...(settings.mode !== undefined && { 'trading.mode': settings.mode }),
      }),
    )
}

function withoutLeaks(detector: typeof processDetector): typeof processDetector {
  return {
    detect(config) {
      const { attributes = {} } = detector.detect(config)
      const kept: DetectedResourceAttributes = {}
      for (const [name, value] of Object.entries(attributes)) {
        if (!leaks.has(name)) kept[name] = value
      }
      return { attributes: kept }
    },
  }
}

function redacted(detector: ResourceDetector, redactor: Redactor): ResourceDetector {
  return {
    detect(config) {
      const { attributes = {} } = detector.detect(config)
      return { attributes: redactor.redactAttributes(attributes) }
    },
  }
}
