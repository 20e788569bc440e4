import { schemaVersion } from '../../semconv/version.ts'

/** The instrumentation scope of what fillpath itself emits; its version is that of the convention. */
export const scope = { name: 'fillpath', version: schemaVersion } as const
