import { describe, expect, test } from 'vitest'
import { answerOf } from '../../../src/probe/ship/answer.ts'
import type { Reply } from '../../../src/probe/ship/sender.ts'
import { partialSuccess } from '../../stub-collector.ts'

function answered(status: number, body: string | Uint8Array = '', headers = {}): Reply {
  return { kind: 'answered', status, headers, body: Buffer.from(body) }
}

function failed(code: string, connected = false): Reply {
  return { kind: 'failed', code, message: `${code} happened`, connected }
}

describe('[P6, P8] what an answer means for the records', () => {
  test.each([200, 202, 204])('%i: delivered', (status) => {
    expect(answerOf(answered(status), 0)).toEqual({ kind: 'accepted', warning: '' })
  })

  test('200 with rejected records: those are refused for good, the rest is delivered', () => {
    expect(answerOf(answered(200, partialSuccess(3, 'too old')), 0)).toEqual({
      kind: 'partial',
      rejected: 3,
      reason: 'too old',
    })
    expect(answerOf(answered(200, partialSuccess(0, 'mind the clock')), 0)).toEqual({
      kind: 'accepted',
      warning: 'mind the clock',
    })
  })

  test('400: poison; 413: too large; nothing else is held against a record', () => {
    expect(answerOf(answered(400, 'bad'), 0)).toEqual({ kind: 'refused', reason: 'HTTP 400: bad' })
    expect(answerOf(answered(413), 0)).toEqual({ kind: 'too_large', reason: 'HTTP 413' })
    for (let status = 300; status < 600; status += 1) {
      if (status === 400 || status === 413) continue
      expect(answerOf(answered(status), 0).kind).toBe('unavailable')
    }
  })

  test.each([408, 425, 429, 500, 501, 502, 503, 504, 507, 599])('%i: again', (status) => {
    const answer = answerOf(answered(status, 'full', { 'retry-after': '3' }), 0)
    expect(answer).toMatchObject({
      kind: 'unavailable',
      misconfigured: false,
      type: String(status),
      reason: `HTTP ${status}: full`,
      retryAfterMs: 3000,
    })
  })

  test.each([301, 307, 401, 403, 404, 405, 415, 422])('%i: a wrong setting, kept', (status) => {
    expect(answerOf(answered(status, '', { location: 'http://other/' }), 0)).toMatchObject({
      kind: 'unavailable',
      misconfigured: true,
      reason: `HTTP ${status}, to http://other/, which is not followed`,
    })
  })

  test('200 with a web page is no receiver', () => {
    const page = answered(200, '<html>', { 'content-type': 'text/html; charset=utf-8' })
    expect(answerOf(page, 0)).toMatchObject({ kind: 'unavailable', misconfigured: true })
  })

  test.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'timeout'])(
    '%s: again',
    (code) => {
      expect(answerOf(failed(code), 0)).toMatchObject({
        kind: 'unavailable',
        misconfigured: false,
        type: code,
        perhapsTooLarge: false,
      })
      expect(answerOf(failed(code, true), 0)).toMatchObject({ perhapsTooLarge: true })
    },
  )

  test.each([
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'EPROTO',
    'HPE_INVALID_CONSTANT',
    'ENOENT',
    'EACCES',
  ])('%s: a wrong setting, kept', (code) => {
    expect(answerOf(failed(code, true), 0)).toMatchObject({
      kind: 'unavailable',
      misconfigured: true,
      reason: `${code} happened`,
    })
  })
})
