"""How often a probe of a healthy node fails when each packet is lost by itself, both ways.

As kernels repeat what is lost, in the harder case of those before 6.5: a client sends its SYN after
0, 1 and 3 s; a server that heard one repeats its SYN-ACK after 1, 3, 7 and 15 s, and once more when
a SYN comes again. `calibration` holds all of it against real packets.
"""

from plcmon.model.policy import Wire
from plcmon.model.readings import Probe


def chance_of(probe: Probe, loss: float) -> float:
    """That one probe with the shipped deadlines finds nothing."""
    if probe is Probe.PING:
        return round_trip_lost(loss) ** Wire.ping_packets
    if probe is Probe.TCP:
        return no_connection(loss)
    return no_connection(loss) + (1 - no_connection(loss)) * no_greeting(loss)


def round_trip_lost(loss: float) -> float:
    return 1 - (1 - loss) ** 2


def no_connection(loss: float) -> float:
    """Within 5 s: no SYN is heard, or from the first that is no SYN-ACK is."""
    first, second, third = (loss**lost * (1 - loss) for lost in range(3))
    again = loss * loss + (1 - loss) * loss**2  # one is sent in any case, two where a SYN came
    return loss**3 + first * loss * again**2 + second * loss**3 + third * loss**2


def no_greeting(loss: float) -> float:
    """Within 20 s of the connection."""
    trip = round_trip_lost(loss)
    # Its last ACK is lost, and so is each round that repeats it; one is gone where it came late.
    unheard = loss * ((1 - loss) * trip**4 + loss * trip**3)
    # A server that had to repeat itself is patient: it greets after 0, 3 and 9 s.
    return unheard + (1 - unheard) * trip * loss**3
