/** Version of the `trading.*` convention, written as `trading.log_schema_version` and as the scope version. */
export const schemaVersion = '1.0.0'

/** Version of the package. */
export const packageVersion = '0.1.0'
