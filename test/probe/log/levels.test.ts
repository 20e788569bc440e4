import { describe, expect, test } from 'vitest'
import winston from 'winston'
import {
  levelOfSeverity,
  severitiesOf,
  severityOfLevel,
  winstonLevels,
} from '../../../src/probe/log/levels.ts'

describe('severities of levels', () => {
  test('the sets of winston get the numbers that OpenTelemetry gives them', () => {
    expect(Object.fromEntries(severitiesOf(winston.config.npm.levels))).toEqual({
      error: 17,
      warn: 13,
      info: 9,
      http: 7,
      verbose: 6,
      debug: 5,
      silly: 1,
    })
    expect(Object.fromEntries(severitiesOf(winston.config.syslog.levels))).toMatchObject({
      emerg: 23,
      alert: 22,
      crit: 21,
      error: 17,
      warning: 13,
      notice: 10,
    })
  })

  test('a level of the bot lies between its neighbours', () => {
    const severities = severitiesOf({ error: 0, trade: 1, info: 2, chatter: 3 })
    expect(severities.get('trade')).toBe(13)
    expect(severities.get('chatter')).toBe(5)
    expect(severitiesOf({ panic: 0, error: 1 }).get('panic')).toBe(21)
  })

  test('a set of which nobody knows a name is spread, and each level has a number', () => {
    const severities = severitiesOf({ rot: 0, gelb: 1, gruen: 2 })
    expect([...severities.values()]).toEqual([21, 11, 1])
    expect(severitiesOf({ einzig: 0 }).get('einzig')).toBe(11)
  })

  test('the more severe, the lower in winston, for each pair', () => {
    for (const [a, severityA] of Object.entries(severityOfLevel)) {
      for (const [b, severityB] of Object.entries(severityOfLevel)) {
        const rank = (name: string) => winstonLevels[name as keyof typeof winstonLevels]
        expect(Math.sign(rank(a) - rank(b))).toBe(Math.sign(severityB - severityA))
      }
    }
  })

  test.each([
    [24, 'fatal'],
    [21, 'fatal'],
    [17, 'error'],
    [16, 'warn'],
    [9, 'info'],
    [8, 'debug'],
    [1, 'trace'],
  ])('severity %d is called %s', (severity, level) => {
    expect(levelOfSeverity(severity)).toBe(level)
  })
})
