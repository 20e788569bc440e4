import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace'
import type { Sampler } from '@opentelemetry/sdk-trace'
import { checkWord, invalid, textOf } from './environment.ts'
import type { Environment } from './environment.ts'

const names = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

/** Which traces are kept: OTEL_TRACES_SAMPLER with its argument. */
export interface Sampling {
  readonly name: (typeof names)[number]
  /** Share of the traces, for the samplers that take one. */
  readonly ratio: number
}

/**
 * Reads OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG. The default keeps every trace: a flow that is not kept cannot
 * be looked at when money is missing.
 * @throws FillpathError `setting_invalid`
 */
export function samplingOf(env: Environment): Sampling {
  const name = checkWord(
    'OTEL_TRACES_SAMPLER',
    textOf(env, 'OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on',
    names,
  )
  const text = textOf(env, 'OTEL_TRACES_SAMPLER_ARG')
  if (text === undefined || !name.endsWith('traceidratio')) return { name, ratio: 1 }
  const ratio = Number(text)
  if (ratio >= 0 && ratio <= 1) return { name, ratio }
  throw invalid('OTEL_TRACES_SAMPLER_ARG', text, 'is not a ratio', 'Set a number from 0 to 1.')
}

/** The sampler of the SDK for it. */
export function samplerOf({ name, ratio }: Sampling): Sampler {
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler()
    case 'always_off':
      return new AlwaysOffSampler()
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio)
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() })
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() })
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) })
  }
}
