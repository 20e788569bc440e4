import type { MetricName } from '../../../src/semconv/metrics.ts'

/** How soon somebody must look. `critical` wakes a person, `warning` waits for the morning. */
export type AlertSeverity = 'critical' | 'warning'

/** Samples of one series for a test, in promtool's notation. */
export interface AlertInput {
  readonly series: string
  readonly values: string
}

/** What a rule must do on given samples: when it is silent, when it fires, when it is silent again. */
export interface AlertCase {
  /** Time between two samples. @default 15s */
  readonly interval?: string
  readonly input: readonly AlertInput[]
  readonly fires: {
    readonly at: string
    readonly labels: Readonly<Record<string, string>>
    /** The summary with its templates filled in, exactly. */
    readonly summary: string
    /** What else fires at that time. */
    readonly also?: readonly {
      readonly labels: Readonly<Record<string, string>>
      readonly summary: string
    }[]
  }
  /** Times at which it must be silent: before it fires, and after the trouble is over. */
  readonly silent: readonly string[]
}

/** One alert: the same source makes the Grafana rule, the Prometheus rule, its unit test and its runbook. */
export interface AlertRule {
  /** Stable, as `UncoveredExposure`. */
  readonly name: string
  readonly severity: AlertSeverity
  /** Metrics that the expression reads; the test holds them against it. */
  readonly metrics: readonly MetricName[]
  /** PromQL that has a result while something is wrong. */
  readonly expression: string
  /** How long it must hold before the alert fires. */
  readonly for: string
  /** How long it goes on firing after the expression is empty again, against flapping. */
  readonly keepFiringFor?: string
  /** One line for the phone; `{{ $labels.x }}` and `{{ $value }}` are filled in. */
  readonly summary: string
  /** What it means for the money. */
  readonly meaning: string
  /** What to look at and what to do, step by step. */
  readonly steps: readonly string[]
  /** Dashboard to look at. */
  readonly dashboard: 'flows' | 'orders' | 'hedging' | 'pnl' | 'health' | 'logs'
  /** LogQL or TraceQL that shows the records behind it. */
  readonly query: string
  readonly test: AlertCase
}
