"""Take back: what a drill that died has left broken is put back as it was recorded."""

from prefect import flow

from tasks.drill.left_behind import take_back_left


@flow(name="take-back-drill", flow_run_name="take back {drill_id}", persist_result=False, timeout_seconds=600)
def take_back_drill(drill_id: str) -> str:
    """Put back what a dead drill broke, compare it with what stood before, and say so on its incidents' timelines.

    Args:
        drill_id: Of the drill, as the record knows it.

    Returns:
        One sentence.
    """
    return take_back_left(drill_id)
