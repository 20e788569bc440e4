import { SeverityNumber } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { normalize } from '../../base/normalize.ts'
import type { Redactor } from '../../redact/redact.ts'
import type { AttributeName } from '../../semconv/attributes.ts'
import { events } from '../../semconv/events.ts'
import { packageVersion } from '../../semconv/version.ts'
import { scope } from '../event/scope.ts'
import { hashOf } from '../flow/task.ts'
import type { RunFacts } from '../spool/spool.ts'
import type { Settings } from './settings.ts'

/** What the events of a run say of it. */
export type RunAttributes = { readonly [Name in AttributeName]?: string }

/** What the events of this run say of it: which code it runs, with which configuration. */
export function runAttributesOf(settings: Settings, redactor: Redactor): RunAttributes {
  const { runId, codeCommit, mode, config } = settings
  const hash = config === undefined ? undefined : configHashOf(config, redactor)
  return {
    'trading.run.id': runId,
    ...(codeCommit !== undefined && { 'trading.code.commit': codeCommit }),
    ...(hash !== undefined && { 'trading.config.hash': hash }),
    ...(mode !== undefined && { 'trading.mode': mode }),
    'trading.log_schema_version': scope.version,
  }
}

/** Secrets are hidden before: a hash of a short one could be guessed, and a new key is no new configuration. */
function configHashOf(config: unknown, redactor: Redactor): string {
  return hashOf(normalize(redactor.redact('config', normalize(config))))
}

/** What stands in the manifest of a run. */
export function runFactsOf(resource: Resource, run: RunAttributes): RunFacts {
  // Not `attributes`: the SDK warns about what is asked of it while a detector has not answered.
  const known = resource.getRawAttributes()
  const text = (name: string): string => {
    const value = known.find(([key, each]) => key === name && each !== undefined)?.[1]
    return typeof value === 'string' ? value : ''
  }
  const commit = run['trading.code.commit']
  const config = run['trading.config.hash']
  const mode = run['trading.mode']
  return {
    run: run['trading.run.id'] ?? '',
    service: text('service.name'),
    bot: text('trading.bot.id'),
    instance: text('service.instance.id'),
    ...(mode !== undefined && { mode }),
    ...(commit !== undefined && { commit }),
    ...(config !== undefined && { config }),
    node: process.versions.node,
    fillpath: packageVersion,
    host: text('host.name'),
    pid: process.pid,
  }
}

const crashed = 'trading.run.crashed'

/** The event that tells of the crash of a run; whoever finds it dead adds when that was. */
export function crashRecordOf(resource: Resource, run: RunAttributes): ReadableLogRecord {
  return {
    hrTime: [0, 0],
    hrTimeObserved: [0, 0],
    severityNumber: SeverityNumber.ERROR,
    severityText: events[crashed].severity,
    body: events[crashed].brief,
    eventName: crashed,
    resource,
    instrumentationScope: scope,
    attributes: run,
    droppedAttributesCount: 0,
  }
}
