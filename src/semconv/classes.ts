/**
 * Priority classes: what is dropped last when something must go.
 *
 * Snapshots go first, then normal records; a critical record never goes silently.
 */
export const priorityClasses = ['critical', 'normal', 'snapshot'] as const

/** `critical`: spans of a flow, order / hedge / position / task events, errors. `snapshot`: order books, debug lines. */
export type PriorityClass = (typeof priorityClasses)[number]

/** Severity number (OpenTelemetry logs data model) from which a record without an own class is critical: ERROR. */
const criticalSeverity = 17
/** Severity number below which a record without an own class may go first: INFO. */
const normalSeverity = 9

/** The class of a log record that is no event: errors are critical, trace and debug lines are snapshots. */
export function classOfSeverity(severityNumber: number): PriorityClass {
  if (severityNumber >= criticalSeverity) return 'critical'
  return severityNumber > 0 && severityNumber < normalSeverity ? 'snapshot' : 'normal'
}
