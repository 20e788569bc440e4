/** Version of the `trading.*` convention, written as `trading.log_schema_version` and as the scope version. */
export const schemaVersion = '1.0.0'
