import signal
import threading

__all__ = ["Interruption"]


class Interruption:
    """Ctrl-C, and SIGTERM of a preempted machine, in a training that saves itself before it leaves.

        with Interruption() as interruption:
            model.fit(…, callbacks=[…, Checkpoints(…, interruption=interruption)])

    While it is `held`, the first signal only sets `asked`; the second, and any that comes at another time,
    raises KeyboardInterrupt at once. Outside the main thread signals are left alone.
    """

    def __init__(self):
        self.asked = False
        self.held = False

    def __enter__(self):
        self._former = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._former[number] = signal.signal(number, self._heard)
        return self

    def __exit__(self, *error):
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def hold(self):
        """From now on wait to be asked."""
        self.held = True

    def release(self):
        """From now on leave at once; also if asked already."""
        self.held = False
        if self.asked:
            raise KeyboardInterrupt

    def _heard(self, number, frame):
        if not self.held or self.asked:
            raise KeyboardInterrupt
        self.asked = True
