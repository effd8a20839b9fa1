"""What do the journals say about how the company is doing?"""
