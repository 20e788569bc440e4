import { describe, expect, test } from 'vitest'
import { rulesOf } from '../../src/redact/rules.ts'
import type { RedactOptions } from '../../src/redact/rules.ts'
import { FillpathError } from '../../src/semconv/error.ts'

function failure(options: RedactOptions): FillpathError {
  try {
    rulesOf(options)
  } catch (error) {
    if (error instanceof FillpathError) return error
    throw error
  }
  throw new Error('these options were taken')
}

describe('names of the bot', () => {
  test('[B46] are compared without case and separators, with * and as expressions', () => {
    const { suspicionOf } = rulesOf({ keys: ['account_number', 'internal*', /^x\d+$/] })
    const names = ['accountNumber', 'ACCOUNT-NUMBER', 'internalNote', 'X12', 'account', 'x12y']
    expect(names.map(suspicionOf)).toEqual([
      'secret',
      'secret',
      'secret',
      'secret',
      'plain',
      'plain',
    ])
  })

  test('[B46] allowed names win over every rule', () => {
    const { suspicionOf } = rulesOf({ keys: ['note'], allowKeys: ['signature', 'note', /^pub/] })
    expect(['signature', 'Signature', 'note', 'pubApiKey', 'apiKey'].map(suspicionOf)).toEqual([
      'plain',
      'plain',
      'plain',
      'plain',
      'secret',
    ])
  })

  test('[B46] addresses are of interest only when asked', () => {
    expect(rulesOf({}).suspicionOf('wallet')).toBe('plain')
    expect(rulesOf({ addresses: true }).suspicionOf('wallet')).toBe('address')
  })

  test('a bot that uses ids as keys gets right answers after thousands of them', () => {
    const { suspicionOf } = rulesOf({})
    for (let id = 0; id < 10_000; id += 1) expect(suspicionOf(`order-${id}`)).toBe('plain')
    expect(suspicionOf('apiKey')).toBe('secret')
  })
})

describe('options that cannot be used are said plainly', () => {
  test.each([
    [
      { patterns: ['('] },
      'redact.patterns: (: it is no regular expression: Invalid regular expression',
    ],
    [{ patterns: [/a*/] }, 'redact.patterns: /a*/: it matches the empty text'],
    [
      { patterns: [/[A-Z]+/] },
      'redact.patterns: /[A-Z]+/: it matches the replacement [REDACTED] itself',
    ],
    [{ patterns: [/(a+)+$/] }, 'it repeats a group that repeats inside'],
    [
      { keys: [/(\w+\s?)*x/] },
      'redact.keys: /(\\w+\\s?)*x/: it repeats a group that repeats inside',
    ],
    [{ keys: 'pin' as never }, 'redact.keys: pin: allowed is a list'],
    [{ patterns: /pin/ as never }, 'redact.patterns: /pin/: allowed is a list'],
    [{ keys: [''] }, 'redact.keys: : allowed are names and regular expressions'],
    [{ allowKeys: ['-_ '] }, 'redact.allowKeys: -_ : allowed are names'],
    [{ replacement: '' }, 'redact.replacement: : allowed are 1 to 64 characters'],
    [{ replacement: 'is hidden' }, 'redact.replacement: is hidden: allowed are'],
    [{ replacement: '"x"' }, 'redact.replacement: "x": allowed are'],
  ])('[B46] %j', (options: RedactOptions, message) => {
    const error = failure(options)
    expect(error.code).toBe('setting_invalid')
    expect(error.message).toContain(message)
    expect(error.hint).toContain('Correct it')
  })

  test('expressions that only look nested are taken', () => {
    const patterns = [
      /\(a+\)+b/,
      /[(a+)]+b/,
      /(?:ab)+c+/,
      /(a)(b+)/,
      /(?<year>\d{4})-(?<day>\d\d?)/,
      /a{2,3}(b|c)+/,
    ]
    expect(rulesOf({ patterns }).patterns).toHaveLength(patterns.length)
    expect(failure({ patterns: [/((ab)+c)*/] }).message).toContain('repeats a group')
    expect(failure({ patterns: [/(a{2,}){3,}/] }).message).toContain('repeats a group')
  })
})
