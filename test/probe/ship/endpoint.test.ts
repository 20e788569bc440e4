import { describe, expect, test } from 'vitest'
import { destinationOf, endpointOf } from '../../../src/probe/ship/endpoint.ts'

const source = 'destinations[0].url'

describe('a destination', () => {
  test('[A03] one base URL gives each signal its own path', () => {
    const { name, endpoints } = destinationOf({ url: 'http://127.0.0.1:4318' }, source)
    expect(name).toBe('http://127.0.0.1:4318')
    expect(endpoints.log?.url).toBe('http://127.0.0.1:4318/v1/logs')
    expect(endpoints.span?.url).toBe('http://127.0.0.1:4318/v1/traces')
    expect(endpoints.metric?.url).toBe('http://127.0.0.1:4318/v1/metrics')
  })

  test('a path of the base URL is kept, with or without a slash at its end', () => {
    for (const url of ['https://gateway.example/otlp', 'https://gateway.example/otlp/']) {
      const { name, endpoints } = destinationOf({ url }, source)
      expect(name).toBe('https://gateway.example/otlp')
      expect(endpoints.log?.url).toBe('https://gateway.example/otlp/v1/logs')
    }
  })

  test('credentials in a URL become a header and appear in no name and no URL', () => {
    const { name, endpoints } = destinationOf(
      { url: 'https://bot:s3%40cret@gateway.example' },
      source,
    )
    expect(name).toBe('https://gateway.example')
    expect(endpoints.log?.url).toBe('https://gateway.example/v1/logs')
    expect(endpoints.log?.headers['authorization']).toBe(
      `Basic ${Buffer.from('bot:s3@cret').toString('base64')}`,
    )
  })

  test('bytes are compressed unless they stay on this machine', () => {
    const compression = (url: string) => endpointOf({ url }, source).compression
    expect(compression('http://127.0.0.1:4318/v1/logs')).toBe('none')
    expect(compression('http://localhost:4318/v1/logs')).toBe('none')
    expect(compression('http://[::1]:4318/v1/logs')).toBe('none')
    expect(compression('http://collector:4318/v1/logs')).toBe('gzip')
    expect(endpointOf({ url: 'http://127.0.0.1:1', compression: 'gzip' }, source).compression).toBe(
      'gzip',
    )
  })
})

describe('a wrong setting is named with its value and its place', () => {
  test.each([
    ['localhost:4318', 'destinations[0].url="localhost:4318" has the scheme "localhost:"'],
    ['4318', 'destinations[0].url="4318" is not a URL'],
    ['ftp://host', 'has the scheme "ftp:"'],
  ])('%s', (url, message) => {
    expect(() => destinationOf({ url }, source)).toThrow(message)
    expect(() => destinationOf({ url }, source)).toThrow(
      expect.objectContaining({ code: 'setting_invalid' }),
    )
  })

  test('but a password in it is not shown', () => {
    expect(() => destinationOf({ url: 'tcp://bot:s3cret@host' }, source)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('s3cret') }),
    )
  })

  test('nor is the value of a header', () => {
    const headers = { authorization: 'secret\nvalue' }
    const make = () => endpointOf({ url: 'http://127.0.0.1:1', headers }, source)
    expect(make).toThrow('the header "authorization" cannot be sent')
    expect(make).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    )
  })

  test('a certificate without its key, a key without its certificate, a time of zero', () => {
    const url = 'https://host'
    expect(() => endpointOf({ url, tls: { certFile: 'a' } }, source)).toThrow(
      'without its client key',
    )
    expect(() => endpointOf({ url, tls: { keyFile: 'a' } }, source)).toThrow(
      'without its client certificate',
    )
    expect(() => endpointOf({ url, timeoutMs: 0 }, source)).toThrow('timeout 0 ms')
  })
})
