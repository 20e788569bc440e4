import type { Severity } from '../../semconv/severity.ts'
import type { AlertLevel } from '../../semconv/words.ts'
import { emit } from './emit.ts'
import { given } from './fault.ts'

/** An alert of the bot's own. */
export interface OwnAlert {
  /** `critical` wakes a person, `warning` waits for the morning, `info` is only kept. */
  readonly level: AlertLevel
  /** What kind it is, such as `margin_low`: few and fixed, because it is a label of the counter that alerts. */
  readonly type: string
  /** One line for the phone. */
  readonly title: string
  /** What happened and what to do. */
  readonly text?: string | undefined
  /** What belongs to it; redacted like everything else. */
  readonly data?: Readonly<Record<string, unknown>> | undefined
  /** What was thrown, where something was. */
  readonly error?: unknown
}

const severities: Readonly<Record<AlertLevel, Severity>> = {
  info: 'info',
  warning: 'warn',
  critical: 'error',
}

/**
 * Raises an alert of the bot's own: the event `trading.alert.raised` in files and in Loki, on the trace of the flow
 * that it is raised in, and the counter that the rules OwnAlert and OwnAlertCritical fire on. Raise it when the trouble
 * begins, not at each tick of it. Never throws.
 * @example
 * raiseAlert({ level: 'critical', type: 'margin_low', title: 'Free margin below 10 %', data: { free: '81.20' } })
 */
export function raiseAlert(alert: OwnAlert): void {
  const { level, type, title, text, data, error } = given('raiseAlert', alert)
  emit(
    'trading.alert.raised',
    {
      'trading.alert.level': level,
      'trading.alert.type': type,
      'trading.alert.title': title,
      ...(text !== undefined && { 'trading.alert.text': text }),
      ...(data !== undefined && { 'trading.alert.data': data }),
    },
    {
      message: text === undefined ? title : `${title}: ${text}`,
      // A level that is none of the three, from a program without types, is told all the same.
      severity: Object.hasOwn(severities, level) ? severities[level] : 'warn',
      ...(error !== undefined && { exception: error }),
    },
  )
}
