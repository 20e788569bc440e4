import { describe, expect, test } from 'vitest'
import { didYouMean, nearest } from '../../src/base/nearest.ts'

const options = ['serviceName', 'serviceVersion', 'metricIntervalMs', 'symbol', 'side', 'runId']

describe('did you mean', () => {
  test('a slip, another case and other separators find the name', () => {
    expect(nearest('servceName', options)).toEqual(['serviceName'])
    expect(nearest('service-name', options)).toEqual(['serviceName'])
    expect(nearest('SERVICE_NAME', options)).toEqual(['serviceName'])
    expect(nearest('symbl', options)).toEqual(['symbol'])
    expect(nearest('runid', options)).toEqual(['runId'])
  })

  test('the beginning of a name finds it, nearest first, at most three', () => {
    expect(nearest('metric', options)).toEqual(['metricIntervalMs'])
    expect(nearest('service', options)).toEqual(['serviceName', 'serviceVersion'])
    expect(nearest('ab', ['aa', 'ac', 'ad', 'ab'])).toEqual(['ab', 'aa', 'ac'])
    expect(nearest('ab', ['aa', 'ac', 'ad', 'ab'], { countMax: 1 })).toEqual(['ab'])
  })

  test('what is far away is not offered', () => {
    expect(nearest('password', options)).toEqual([])
    expect(nearest('', options)).toEqual([])
    expect(nearest('x'.repeat(1_000_000), ['x'.repeat(99), 'y'.repeat(1_000_000)])).toEqual([])
  })

  test('reads as the end of a sentence', () => {
    expect(`Unknown option.${didYouMean('sevice', ['service', 'device'])}`).toBe(
      'Unknown option. Did you mean "device" or "service"?',
    )
    expect(didYouMean('zzz', options)).toBe('')
  })
})
