import { describe, expect, test } from 'vitest'
import { destinationFromEnvironment } from '../../../src/probe/ship/environment.ts'

describe('OTEL_EXPORTER_OTLP_*', () => {
  test('nothing set: the desk on this machine', () => {
    const { name, endpoints } = destinationFromEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: ' ' })
    expect(name).toBe('http://127.0.0.1:4318')
    expect(endpoints.span).toEqual({
      url: 'http://127.0.0.1:4318/v1/traces',
      headers: {},
      timeoutMs: 10_000,
      compression: 'none',
      tls: {},
    })
  })

  test('the variable of a signal wins; its endpoint is taken as it is, the common one is a base', () => {
    const { name, endpoints } = destinationFromEnvironment({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/base/',
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://loki:3100/otlp/v1/logs',
      OTEL_EXPORTER_OTLP_TIMEOUT: '2000',
      OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '3000',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'none',
    })
    expect(endpoints.log).toMatchObject({
      url: 'http://loki:3100/otlp/v1/logs',
      timeoutMs: 2000,
      compression: 'gzip',
    })
    expect(endpoints.span).toMatchObject({
      url: 'http://collector:4318/base/v1/traces',
      compression: 'none',
    })
    expect(endpoints.metric).toMatchObject({
      url: 'http://collector:4318/base/v1/metrics',
      timeoutMs: 3000,
    })
    expect(name).toBe('http://loki:3100/otlp http://collector:4318/base')
  })

  test('headers are percent-decoded and joined; those of the signal win', () => {
    const { endpoints } = destinationFromEnvironment({
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=bots, authorization=Bearer%20a%2Cb=c,',
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'x-tenant=logs',
    })
    expect(endpoints.log?.headers).toEqual({ 'x-tenant': 'logs', authorization: 'Bearer a,b=c' })
    expect(endpoints.span?.headers['x-tenant']).toBe('bots')
  })

  test('certificates are named, not read: they may be renewed while the bot runs', () => {
    const { endpoints } = destinationFromEnvironment({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector:4318',
      OTEL_EXPORTER_OTLP_CERTIFICATE: '/tls/ca.pem',
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: '/tls/bot.pem',
      OTEL_EXPORTER_OTLP_CLIENT_KEY: '/tls/bot.key',
    })
    expect(endpoints.metric?.tls).toEqual({
      caFile: '/tls/ca.pem',
      certFile: '/tls/bot.pem',
      keyFile: '/tls/bot.key',
    })
  })

  test('INSECURE decides where the endpoint does not say', () => {
    const url = (insecure: string) =>
      destinationFromEnvironment({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
        OTEL_EXPORTER_OTLP_INSECURE: insecure,
      }).endpoints.log?.url
    expect(url('true')).toBe('http://collector:4318/v1/logs')
    expect(url('False')).toBe('https://collector:4318/v1/logs')
  })

  test('a signal whose exporter is none has no endpoint', () => {
    const { endpoints } = destinationFromEnvironment({ OTEL_METRICS_EXPORTER: 'none' })
    expect(Object.keys(endpoints)).toEqual(['log', 'span'])
  })

  test.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'has the scheme "collector:"'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'nowhere', '"nowhere" is not a URL'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', 'soon', 'is "soon"; allowed is a time in milliseconds'],
    ['OTEL_EXPORTER_OTLP_LOGS_TIMEOUT', '-1', 'is "-1"; allowed is a time in milliseconds'],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd', 'is "zstd"; allowed is one of gzip, none'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'is "grpc", which needs a gRPC client'],
    ['OTEL_EXPORTER_OTLP_INSECURE', 'yes', 'is "yes"; allowed is true or false'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'secret', 'allowed is name=value pairs'],
  ])('%s=%s is refused by name', (name, value, message) => {
    const make = () => destinationFromEnvironment({ [name]: value })
    expect(make).toThrow(expect.objectContaining({ code: 'setting_invalid' }))
    expect(make).toThrow(name)
    expect(make).toThrow(message)
  })
})
