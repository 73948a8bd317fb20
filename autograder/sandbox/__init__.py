"""How untrusted code runs: an interface for every operating system, and the sandbox on Linux.

A caller gives a `runner.Job` to a `runner.Runner` and gets a `runner.Reply`. Both are plain data, made of the
requests, steps and outcomes of `protocol`. The runner for Linux is `client.Zygote`. It talks to a *zygote*: a
process that confines itself, imports TensorFlow once and forks a *supervisor* for each job. The supervisor
forks the confined *worker* (runs student code) or *evaluator* (runs a student's model, without student code).
"""
