/** Levels in the words of winston's npm set, with their OpenTelemetry severity numbers. */
export const severities = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const

/** Level of a record. */
export type Severity = keyof typeof severities
