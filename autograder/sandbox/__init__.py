"""How untrusted code runs: what everything above it sees, and the Linux sandbox behind that.

What is above it gives a `runner.Job` to a `runner.Runner` and gets a `runner.Reply`: plain data on any
operating system, made of the requests, steps and outcomes of `protocol`. The runner for Linux is
`client.Zygote`. It talks to a *zygote*, a process that enters its jail, imports TensorFlow once and forks a
*supervisor* for each job; that forks the confined *worker* (student code) or *evaluator* (a student's model,
without student code).
"""
