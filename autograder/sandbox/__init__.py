"""How untrusted code runs: confined processes, and the wire to them.

The grader talks to a *zygote* through `autograder.sandbox.client`. Everything else here runs on the far
side: the zygote enters its jail, imports TensorFlow once and forks a *supervisor* for each job, which
forks the confined *worker* (student code) or *evaluator* (a student's model, without student code).
"""
