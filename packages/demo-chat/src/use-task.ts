/** One action of a dialog: running, then done or failed with words. */
import { useState } from 'preact/hooks'
import { describeError } from './words/errors.ts'

export interface Task {
  running: boolean
  problem: string | undefined
  run: () => void
}

export function useTask(action: () => Promise<void>, onDone: () => void): Task {
  const [running, setRunning] = useState(false)
  const [problem, setProblem] = useState<string>()
  const attempt = async (): Promise<void> => {
    setRunning(true)
    setProblem(undefined)
    try {
      await action()
      onDone()
    } catch (error) {
      setProblem(describeError(error))
    } finally {
      setRunning(false)
    }
  }
  return { running, problem, run: () => void attempt() }
}
