import { resourceFromAttributes } from '@opentelemetry/resources'
import { describe, expect, test } from 'vitest'
import { Origins, originsMax } from '../../../src/wire/encode/origins.ts'
import { decodeLogs } from '../../../src/wire/otlp-protobuf.ts'
import type { LogRecord } from '../../../src/wire/record.ts'
import { joinRequest } from './request.ts'

const resource = resourceFromAttributes({ 'service.name': 'bot' }, { schemaUrl: 'https://schema' })

describe('numbers for origins', () => {
  test('equal pairs have one number, others another, from 0 on', () => {
    const origins = new Origins()
    const scope = { name: 'a' }
    const other = resourceFromAttributes({ 'service.name': 'other' })
    expect(origins.idOf(resource, scope)).toBe(0)
    expect(origins.idOf(resource, scope)).toBe(0)
    expect(origins.idOf(resource, { name: 'a', version: '1' })).toBe(1)
    expect(origins.idOf(other, scope)).toBe(2)
    expect(origins.idOf(resource, { name: 'a' })).toBe(0)
    expect(origins.idOf(other, { name: 'a' })).toBe(2)
  })

  test('the bytes say resource, scope and schema URLs', () => {
    const origins = new Origins()
    const scope = {
      name: 'a',
      version: '1',
      schemaUrl: 'u',
      attributes: { x: 1 },
      droppedAttributesCount: 2,
    }
    const record = recordOf(origins, origins.idOf(resource, scope))
    expect(record?.resource).toStrictEqual({
      attributes: new Map([['service.name', 'bot']]),
      droppedAttributesCount: 0,
      schemaUrl: 'https://schema',
    })
    expect(record?.scope).toStrictEqual({
      name: 'a',
      version: '1',
      attributes: new Map([['x', 1n]]),
      droppedAttributesCount: 2,
      schemaUrl: 'u',
    })
    expect(() => origins.bytesOf(1)).toThrow('there is no origin 1')
  })

  test('attributes that are pending come in when they are known', async () => {
    const origins = new Origins()
    const scope = { name: 'a' }
    const late = resourceFromAttributes({ early: 'x', late: Promise.resolve('y') })
    const before = origins.idOf(late, scope)
    expect(origins.idOf(late, scope)).toBe(before)
    await late.waitForAsyncAttributes?.()
    const after = origins.idOf(late, scope)
    expect(recordOf(origins, before)?.resource.attributes).toStrictEqual(new Map([['early', 'x']]))
    expect(recordOf(origins, after)?.resource.attributes).toStrictEqual(
      new Map([
        ['early', 'x'],
        ['late', 'y'],
      ]),
    )
  })

  test('a process that makes scopes without end keeps its resource', () => {
    const origins = new Origins()
    let id = 0
    for (let index = 0; index < 66_000; index++)
      id = origins.idOf(resource, { name: `scope ${index}` })
    expect(id).toBeLessThan(originsMax)
    expect(recordOf(origins, id)).toMatchObject({
      resource: { attributes: new Map([['service.name', 'bot']]) },
      scope: { name: '' },
    })
    expect(recordOf(origins, 64_999)?.scope.name).toBe('scope 64999')
  })

  function recordOf(origins: Origins, id: number): LogRecord | undefined {
    return decodeLogs(joinRequest(origins.bytesOf(id), [new Uint8Array(0)]))[0]
  }
})
